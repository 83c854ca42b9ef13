// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import SystemIO

/// The demo model as a file in memory, for `--demo`: an image may have no folder that can be written.
package enum DemoFile {
    /// Makes the file, which stays as long as the process, and says where it is. Throws also where that leads nowhere.
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
