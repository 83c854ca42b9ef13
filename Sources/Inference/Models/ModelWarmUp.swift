// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads a model's file once from end to end, a part at a time, so that its pages are in the page cache before the
/// first request needs them.
///
/// The advice alone (`MADV_WILLNEED`) promises nothing and says nothing about its end; so what was advised is read,
/// too, with `pread`: a file that was truncated ends it, instead of the process.
struct ModelWarmUp {
    /// What came of a part.
    enum Step: Equatable {
        case more
        /// Everything was read.
        case finished
        /// The file cannot be read any more.
        case failed(ModelError)
    }

    let model: ModelFile
    /// How much has been read.
    private(set) var bytesRead: UInt64 = 0

    /// Bytes of a part: a few milliseconds of a fast disk.
    private static let partSize = 4 << 20
    private static let bufferSize = 256 << 10

    init(_ model: ModelFile) {
        self.model = model
        model.prefetch(from: 0, Self.partSize)
    }

    /// Reads the next part, while the kernel is about the one after it.
    mutating func step() -> Step {
        model.prefetch(from: bytesRead + UInt64(Self.partSize), Self.partSize)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        let end = min(bytesRead + UInt64(Self.partSize), model.fileSize)
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
