// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import Text

/// Copies this program to a place that other containers see: an image of one file has nothing else that could.
package enum InstallCommand {
    /// The running program's own file.
    private static let program = "/proc/self/exe"

    /// Copies it to the path, or under its name into the folder, and gives the exit code.
    package static func run(_ path: String) -> CInt {
        let status = try? FileStatus.of(path)
        let target = status?.kind == .directory ? path + "/healthcheck" : path
        do throws(InstallError) {
            try copy(to: target)
            return 0
        } catch {
            StandardStream.error.write("healthcheck: install: \(error.text)\n")
            return 1
        }
    }

    /// The path never has part of the program: the copy gets its name when it is whole.
    static func copy(to path: String, from program: String = program) throws(InstallError) {
        let contents = try InstallError.about(program) { () throws(SystemCallError) in
            let descriptor = try FileDescriptor.open(program)
            let size = Int(clamping: try descriptor.status().size)
            return try FileMapping.map(descriptor, count: size)
        }
        let partial = "\(path).\(getpid()).part"
        do throws(InstallError) {
            try InstallError.about(path) { () throws(SystemCallError) in
                try write(contents, to: partial)
                _ = try systemCall("rename") { Int(rename(partial, path)) }
            }
        } catch {
            unlink(partial)
            throw error
        }
    }

    private static func write(
        _ contents: borrowing FileMapping, to path: String
    ) throws(SystemCallError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let raw = try systemCall("open") { Int(clinux_open(path, flags, 0o755)) }
        let file = FileDescriptor(owning: CInt(raw))
        let failure = contents.withBytes { bytes -> SystemCallError? in
            do throws(SystemCallError) {
                try file.writeAll(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        // Other users run it, whatever the mask of this one.
        _ = try systemCall("fchmod") { Int(fchmod(file.rawValue, 0o755)) }
    }
}

/// Why the program was not copied: the file that it is about, and the call that failed.
struct InstallError: Error {
    let path: String
    let cause: SystemCallError

    /// For a person: "/vitals/healthcheck: open: Read-only file system: mount ...".
    var text: String {
        let remedy =
            switch cause.errno.rawValue {
            case EROFS, EACCES, EPERM: ": mount a volume there that this user may write to"
            case ENOENT: ": the folder has to exist, and /proc has to be mounted"
            default: ""
            }
        return "\(PrintableText.escaped(path, limit: 300)): \(cause.text)\(remedy)"
    }

    /// Calls `body`; what it throws is about the file `path`.
    static func about<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemCallError) -> Result
    ) throws(InstallError) -> Result {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw InstallError(path: path, cause: error)
        }
    }
}
