// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Answers requests for what the driver says of its devices.
///
/// An answer is text, so that a person can read it too:
///
///     gpu 1 driver=550.54.15 devices=2
///     device index=0 uuid=GPU-5c3d name=NVIDIA_L4 memory-total=24152899584 ... temperature=41 dbe=0
///     device index=1 uuid=GPU-77aa error=GPU_IS_LOST call=nvmlDeviceGetMemoryInfo
///     xid index=1 code=79
///     end
///
/// `gpu 1 error=... call=...` when NVML could not be started. 1 is the version of these lines. The first line is written when
/// NVML has started, so that a start can be told from a device that hangs.
package struct NVMLAnswers {
    private let target: NVMLTarget
    private var session: NVMLSession?
    /// The answer had an error of a device.
    private var hadError = false
    /// Answers in a row that had one.
    private var errors = 0

    /// Answers about the devices that the argument names: nothing for all, a number or a UUID.
    package init(target: String?) { self.target = NVMLTarget(target) }

    /// The beginning of an answer.
    package struct Head {
        /// Its first line; all of the answer when it is the last one.
        package let bytes: [UInt8]
        /// NVML could not be started. A new process may find another library, or a driver that was loaded meanwhile.
        package let isLast: Bool
    }

    /// Starts NVML, if it is not started. Blocks as long as the driver does.
    package mutating func begin() -> Head {
        var line = AnswerLine("gpu 1")
        do throws(NVMLFailure) {
            let session = try current()
            line.add("driver", session.driver)
            line.add("devices", UInt64(session.count))
            line.add("hidden", UInt64(session.hidden))
            line.end()
            return Head(bytes: line.bytes, isLast: false)
        } catch {
            session = nil
            line.add(error)
            line.end()
            return Head(bytes: line.bytes + Self.end, isLast: true)
        }
    }

    /// The rest of the answer: what the driver says of the devices. Blocks as long as the driver does.
    package mutating func rest() -> [UInt8] {
        var bytes: [UInt8] = []
        guard let session else { return Self.end }
        for device in session.devices { bytes += line(of: device, session.library) }
        session.takeXids { device, xid in
            var line = AnswerLine("xid")
            if let device { line.add("index", UInt64(device)) }
            line.add("code", xid)
            line.end()
            bytes += line.bytes
        }
        return bytes + Self.end
    }

    /// After an answer: starts NVML anew when a device had an error, which stays until then even if the device has recovered.
    /// Now, and not with the next request: a device tells its Xids only to a session that exists. After the first such answer
    /// and each eighth, since the devices that work are started anew as well.
    package mutating func recover() {
        guard hadError else {
            errors = 0
            return
        }
        hadError = false
        errors += 1
        guard errors % Self.errorsBetweenStarts == 1 else { return }
        // The old one has to be shut down first.
        session = nil
        session = try? NVMLSession(target)
    }

    private static var errorsBetweenStarts: Int { 8 }

    private static var end: [UInt8] {
        var line = AnswerLine("end")
        line.end()
        return line.bytes
    }

    private mutating func current() throws(NVMLFailure) -> NVMLSession {
        if let session, try !session.hasChanged { return session }
        session = nil
        let new = try NVMLSession(target)
        session = new
        return new
    }

    private mutating func line(
        of device: NVMLSession.Device, _ library: NVMLLibrary
    ) -> [UInt8] {
        var line = AnswerLine("device")
        if let index = device.index { line.add("index", UInt64(index)) }
        line.add("uuid", device.identity)
        line.add("name", device.name)
        do throws(NVMLFailure) {
            if let failure = device.failure { throw failure }
            if let handle = device.handle {
                let reading = NVMLDeviceReading(library: library, device: handle)
                try reading.write(into: &line)
            }
        } catch {
            line.add(error)
            hadError = true
        }
        line.end()
        return line.bytes
    }
}
