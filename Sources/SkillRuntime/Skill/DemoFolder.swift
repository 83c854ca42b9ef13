// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// A temporary folder with the demo model in it, for `--demo`.
public struct DemoFolder: Sendable {
    /// Where the model is.
    public let modelPath: String
    private let folder: String

    /// Makes the folder in TMPDIR, or in /tmp.
    public static func make() throws(SystemCallError) -> DemoFolder {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/vitals-demo-XXXXXX".utf8CString)
        _ = try systemCall("mkdtemp") { mkdtemp(&template) == nil ? -1 : 0 }
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let demo = DemoFolder(modelPath: folder + "/demo.gguf", folder: folder)
        try DemoModel.write(to: demo.modelPath)
        return demo
    }

    /// Takes the model and the folder away.
    public func remove() {
        unlink(modelPath)
        rmdir(folder)
    }
}
