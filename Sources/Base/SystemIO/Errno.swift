// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// An error number of the operating system. An open set: the kernel may answer any (C: `errno`).
public struct Errno: RawRepresentable, Equatable, Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) { self.rawValue = rawValue }

    /// The error of the C call that has just failed on this thread.
    static var current: Errno { Errno(rawValue: clinux_errno()) }

    package static let interrupted = Errno(rawValue: EINTR)
    package static let wouldBlock = Errno(rawValue: EAGAIN)
    package static let inProgress = Errno(rawValue: EINPROGRESS)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
    package static let addressFamilyNotSupported = Errno(rawValue: EAFNOSUPPORT)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let connectionAborted = Errno(rawValue: ECONNABORTED)
    package static let brokenPipe = Errno(rawValue: EPIPE)
    package static let noSuchFile = Errno(rawValue: ENOENT)
    package static let noSuchProcess = Errno(rawValue: ESRCH)
    package static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    package static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    package static let permissionDenied = Errno(rawValue: EACCES)
    package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    package static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
    package static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    package static let notADirectory = Errno(rawValue: ENOTDIR)
    package static let notPermitted = Errno(rawValue: EPERM)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let timedOut = Errno(rawValue: ETIMEDOUT)

    /// The system's text, such as "Connection refused" (C: `strerrordesc_np`).
    package var text: String { String(cString: clinux_error_text(rawValue)) }
}

/// A system call that failed: which one, and why.
public struct SystemCallError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the call, such as "connect".
    public let call: StaticString
    public let errno: Errno

    public init(_ call: StaticString, _ errno: Errno) {
        self.call = call
        self.errno = errno
    }

    /// For a person: "connect: Connection refused".
    public var text: String { "\(call): \(errno.text)" }

    /// The same, for `print` and logs.
    public var description: String { text }

    public static func == (left: Self, right: Self) -> Bool {
        left.errno == right.errno
            && left.call.utf8CodeUnitCount == right.call.utf8CodeUnitCount
            && memcmp(left.call.utf8Start, right.call.utf8Start, left.call.utf8CodeUnitCount) == 0
    }
}

/// Makes a system call again while a signal interrupts it; the only place that reads `errno`.
@inline(__always)
package func systemCall(
    _ name: StaticString, _ body: () -> Int
) throws(SystemCallError) -> Int {
    while true {
        let result = body()
        if result >= 0 { return result }
        let errno = Errno.current
        if errno != .interrupted { throw SystemCallError(name, errno) }
    }
}
