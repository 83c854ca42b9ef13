// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// An error number of the operating system. An open set: the kernel may answer any (C: `errno`).
public struct Errno: RawRepresentable, Equatable, Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) { self.rawValue = rawValue }

    /// The error of the C call that has just failed on this thread.
    static var current: Errno { Errno(rawValue: clinux_errno()) }

    public static let interrupted = Errno(rawValue: EINTR)
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    public static let inProgress = Errno(rawValue: EINPROGRESS)
    public static let addressInUse = Errno(rawValue: EADDRINUSE)
    public static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
    public static let addressFamilyNotSupported = Errno(rawValue: EAFNOSUPPORT)
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    public static let connectionAborted = Errno(rawValue: ECONNABORTED)
    public static let brokenPipe = Errno(rawValue: EPIPE)
    public static let noSuchFile = Errno(rawValue: ENOENT)
    public static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    public static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    public static let permissionDenied = Errno(rawValue: EACCES)
    public static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    public static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    public static let notADirectory = Errno(rawValue: ENOTDIR)
    public static let notPermitted = Errno(rawValue: EPERM)
    public static let invalidArgument = Errno(rawValue: EINVAL)
    public static let timedOut = Errno(rawValue: ETIMEDOUT)

    /// The system's text, such as "Connection refused" (C: `strerrordesc_np`).
    public var text: String { String(cString: clinux_error_text(rawValue)) }
}

/// A system call that failed: which one, and why.
public struct SystemCallError: Error, Equatable, Sendable {
    /// The name of the call, such as "connect".
    public let call: StaticString
    public let errno: Errno

    public init(_ call: StaticString, _ errno: Errno) {
        self.call = call
        self.errno = errno
    }

    /// For a person: "connect: Connection refused".
    public var text: String { "\(call): \(errno.text)" }

    public static func == (left: Self, right: Self) -> Bool {
        left.errno == right.errno
            && left.call.utf8CodeUnitCount == right.call.utf8CodeUnitCount
            && memcmp(left.call.utf8Start, right.call.utf8Start, left.call.utf8CodeUnitCount) == 0
    }
}

/// Makes a system call again while a signal interrupts it; the only place that reads `errno`.
@inline(__always)
public func systemCall(
    _ name: StaticString, _ body: () -> Int
) throws(SystemCallError) -> Int {
    while true {
        let result = body()
        if result >= 0 { return result }
        let errno = Errno.current
        if errno != .interrupted { throw SystemCallError(name, errno) }
    }
}
