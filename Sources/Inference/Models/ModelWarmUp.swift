// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads a model's file once from end to end, in steps, so that its pages are in the page cache before the first request
/// needs them.
///
/// Advice alone (`MADV_WILLNEED`) is not a promise and does not report its end. So the range is also read, with `pread`: when
/// the file is truncated, that fails and the process goes on.
struct ModelWarmUp {
    /// The result of a step.
    enum Step: Equatable {
        case more
        /// The whole file was read.
        case finished
        /// The file cannot be read any more.
        case failed(ModelError)
    }

    let model: ModelFile
    /// Bytes that have been read.
    private(set) var bytesRead: UInt64 = 0

    /// Bytes of a step: a few milliseconds for a fast disk.
    private static let stepSize = 4 << 20
    private static let bufferSize = 256 << 10

    /// Begins to prefetch.
    /// Begins to prefetch.
    init(_ model: ModelFile) {
        self.model = model
        model.prefetch(from: 0, Self.stepSize)
    }

    /// Reads the next range, while the kernel prefetches the one after it.
    mutating func step() -> Step {
        model.prefetch(from: bytesRead + UInt64(Self.stepSize), Self.stepSize)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        let end = min(bytesRead + UInt64(Self.stepSize), model.fileSize)
        do throws(ModelError) {
            while bytesRead < end {
                let count = try model.read(into: buffer, at: bytesRead)
                guard count > 0 else {
                    throw .truncated(
                        path: model.path, found: bytesRead, expected: model.fileSize)
                }
                bytesRead += UInt64(count)
            }
        } catch {
            return .failed(error)
        }
        return bytesRead >= model.fileSize ? .finished : .more
    }
}
