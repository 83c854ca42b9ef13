// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
package import SystemIO

/// The demo model as a file in memory, for `--demo`: an image may have no writable folder.
package enum DemoFile {
    /// Makes the file, which exists as long as the process, and returns its path. Throws also when the path does not work.
    package static func make() throws(SystemCallError) -> String {
        let descriptor = try FileDescriptor.inMemory(named: DemoModel.name)
        try DemoModel.bytes.withUnsafeBufferPointer { (contents) throws(SystemCallError) in
            try descriptor.writeAll(UnsafeRawBufferPointer(contents))
        }
        let path = "/proc/self/fd/\(descriptor.rawValue)"
        _ = try FileStatus.of(path)
        _ = descriptor.release()
        return path
    }
}
