// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization
import SystemIO

/// The children of this process, and how they ended.
///
/// The kernel has one list of children for a process. A call that waits for any child, as a first process must for orphans,
/// also gets the ends of the others: so all waiting is done here, and an end is kept until its owner takes it. A child is
/// known before it runs, by the number that the kernel writes; one that dies at once is not lost.
package final class ChildTable: Sendable {
    /// The table of this process.
    package static let shared = ChildTable()

    /// What is known of a child.
    package enum Fate: Equatable, Sendable {
        case running
        /// It has ended, and its number may be that of another process from now on.
        case ended(ProcessEnd, ProcessUsage)
    }

    /// A child of ours.
    private struct Entry {
        var endsGroup: Bool
        var fate = Fate.running
    }

    /// The place to which the kernel writes the number of a child that is being started.
    private final class Place: @unchecked Sendable {
        let process = UnsafeMutablePointer<CInt>.allocate(capacity: 1)

        init() { process.initialize(to: 0) }

        deinit { process.deallocate() }

        /// 0 before it has one.
        var number: CInt { clinux_load(process) }
    }

    private struct Children {
        var entries: [CInt: Entry] = [:]
        var starting: [(place: Place, entry: Entry)] = []
        var orphanCount: UInt64 = 0
    }

    private let children = Mutex(Children())

    private init() {}

    /// Orphans of others that were waited for.
    package var orphanCount: UInt64 { children.withLock { $0.orphanCount } }

    /// This child was started here, and its end was not told yet.
    package func isOurs(_ process: CInt) -> Bool {
        children.withLock { children in
            children.entries[process] != nil
                || children.starting.contains { $0.place.number == process }
        }
    }
}

// MARK: Starting

extension ChildTable {
    /// Starts a program, and returns its process ID; blocks while it is loaded. From any thread.
    package func start(
        _ command: ChildCommand, _ start: ChildStart
    ) throws(ChildStartError) -> CInt {
        let place = Place()
        let entry = Entry(endsGroup: start.endsGroup)
        children.withLock { $0.starting.append((place, entry)) }
        let failure = Self.run(command, start, at: place.process)
        return try children.withLock { children throws(ChildStartError) in
            let index = children.starting.firstIndex { $0.place === place }!
            let (_, entry) = children.starting.remove(at: index)
            guard let failure else {
                children.entries[place.number] = entry
                return place.number
            }
            // The child ends by itself, at once.
            var end = clinux_end()
            if place.number > 0, entry.fate == .running { clinux_wait(place.number, &end) }
            throw failure
        }
    }

    private static func run(
        _ command: ChildCommand, _ start: ChildStart, at place: UnsafeMutablePointer<CInt>
    ) -> ChildStartError? {
        let environment = ChildEnvironment(start.environment)
        var request = clinux_start()
        request.arguments = UnsafePointer(command.arguments)
        request.environment = UnsafePointer(environment.entries)
        request.process = place
        request.process_text = environment.processText
        request.output = -1
        request.input = -1
        request.terminal = -1
        switch start.kind {
        case .tool(let output, let input):
            request.output = output
            request.input = input ?? -1
            request.new_session = 1
        case .service(let terminal):
            request.terminal = terminal ?? -1
            request.searches = 1
            request.blocked = clinux_first_blocked()
            request.ignored = clinux_first_ignored()
        }
        do throws(SystemCallError) {
            _ = try systemCall("start") { Int(clinux_start(&request)) }
            return nil
        } catch {
            let failure = SystemCallError(
                request.is_exec_error != 0 ? "exec" : "start", error.errno)
            return ChildStartError(
                failure: failure, isProgramAtFault: request.is_exec_error != 0)
        }
    }
}

// MARK: Waiting

extension ChildTable {
    /// What has become of a child of ours. Once it has ended, that is told once, and is `.lost` after that.
    package func fate(of process: CInt) -> Fate {
        children.withLock { children in
            guard let entry = children.entries[process] else {
                return .ended(.lost, ProcessUsage())
            }
            var fate = entry.fate
            if fate == .running {
                let ended = clinux_ended_child(process)
                if ended == 0 { return .running }
                fate = ended < 0 ? .ended(.lost, ProcessUsage()) : Self.wait(process, entry)
            }
            children.entries[process] = nil
            return fate
        }
    }

    /// Kills a child of ours that has not ended, with its process group.
    package func killGroup(of process: CInt) {
        children.withLock { children in
            // Its number is not used again before it was waited for.
            if children.entries[process]?.fate == .running { kill(-process, SIGKILL) }
        }
    }

    /// What a sweep has left.
    package enum Sweep: Equatable, Sendable {
        /// More may have ended.
        case unfinished
        /// No child has ended that was not waited for.
        case done
        /// There is no child at all.
        case childless
    }

    /// Waits for children that have ended, orphans of others included, until `isOver`. An end that an owner wants is kept.
    package func sweep(until isOver: () -> Bool) -> Sweep {
        repeat {
            let process = children.withLock { Self.sweepOne(&$0) }
            if process < 0 { return .childless }
            if process == 0 { return .done }
        } while !isOver()
        return .unfinished
    }

    /// Looks first and waits then, under the lock: so the number cannot be that of another child meanwhile.
    private static func sweepOne(_ children: inout Children) -> CInt {
        let process = clinux_ended_child(0)
        guard process > 0 else { return process }
        if let entry = children.entries[process] {
            children.entries[process]?.fate = wait(process, entry)
        } else if let index = children.starting.firstIndex(where: { $0.place.number == process }) {
            children.starting[index].entry.fate = wait(process, children.starting[index].entry)
        } else {
            _ = wait(process, Entry(endsGroup: false))
            children.orphanCount += 1
        }
        return process
    }

    private static func wait(_ process: CInt, _ entry: Entry) -> Fate {
        // The number is not used again before the program was waited for.
        if entry.endsGroup { kill(-process, SIGKILL) }
        var end = clinux_end()
        guard clinux_wait(process, &end) == 0 else { return .ended(.lost, ProcessUsage()) }
        var usage = ProcessUsage()
        usage.userTime = .microseconds(end.user_microseconds)
        usage.systemTime = .microseconds(end.system_microseconds)
        usage.peakMemory = UInt64(clamping: end.peak_kilobytes) << 10
        return .ended(ProcessEnd(status: end.status), usage)
    }
}
