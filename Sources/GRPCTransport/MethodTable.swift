// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import SystemIO

/// A method: its path, how it is served, and the largest request it takes. A class, because every call refers to
/// one.
final class Method {
    let path: StaticString
    let handler: MethodHandler
    let maxRequestSize: Int

    init(path: StaticString, handler: MethodHandler, maxRequestSize: Int) {
        self.path = path
        self.handler = handler
        self.maxRequestSize = maxRequestSize
    }
}

/// The methods that one loop serves. Built for that loop, once, so that handlers may keep state of the loop's own.
public struct MethodTable {
    private var methods: [Method] = []
    // Beside them, so that the walk over them retains nothing.
    private var paths: [StaticString] = []

    /// Adds a method, `path` being `/package.Service/Method`. `maxRequestSize` is in bytes.
    public mutating func add(
        _ path: StaticString, maxRequestSize: Int = MessageReader.defaultMaxMessageSize,
        _ handler: MethodHandler
    ) {
        paths.append(path)
        methods.append(Method(path: path, handler: handler, maxRequestSize: maxRequestSize))
    }

    /// The method of a path. A walk: with the few methods of a health server it beats any hash.
    func method(at path: UnsafeRawBufferPointer) -> Method? {
        for index in paths.indices where path.isEqual(to: paths[index]) { return methods[index] }
        return nil
    }

    /// Why there is no method at `path`, in the words that clients and probes look for.
    func unimplemented(_ path: UnsafeRawBufferPointer) -> Status {
        let parts = path.split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty else {
            return Status(.unimplemented, "malformed method name: \(Self.text(path[...]))")
        }
        let service = UnsafeRawBufferPointer(rebasing: path[..<parts[2].startIndex])
        let isKnown = methods.contains { method in
            method.path.utf8CodeUnitCount > service.count
                && service.isEqual(toPrefixOf: method.path)
        }
        return isKnown
            ? Status(
                .unimplemented,
                "unknown method \(Self.text(parts[2])) for service \(Self.text(parts[1]))")
            : Status(.unimplemented, "unknown service \(Self.text(parts[1]))")
    }

    /// Bytes of the peer for a message to the peer: bounded and valid UTF-8.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: bytes.prefix(200), as: UTF8.self)
    }
}

/// A set of methods that belong together.
public protocol GRPCService: Sendable {
    /// Adds the service's methods to the table of one loop; called once, before
    /// the loop serves its first connection.
    func register(in table: inout MethodTable, on loop: LoopContext)
}
