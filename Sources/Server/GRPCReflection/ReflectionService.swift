// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
import GRPCWire
import Synchronization

/// `grpc.reflection.v1.ServerReflection`, and v1alpha, which has the same messages: what the server at this address
/// serves, for clients without its files. One object for each server.
package final class ReflectionService: GRPCService {
    private let sets: [DescriptorSet]
    /// Built when it is asked for first, or for the first loop where files were added; those of the others are the same.
    private let index = Mutex<(paths: [String], index: ReflectionIndex)?>(nil)

    /// The paths of both versions.
    private static let paths: [StaticString] = [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ]

    /// Describes what is served by `sets`, and by what is known of the services of this project.
    package init(_ sets: [DescriptorSet] = []) { self.sets = sets }

    package func register(in table: inout MethodTable, on loop: EventLoop) {}

    package func registerLast(in table: inout MethodTable, on loop: EventLoop) {
        let paths = (table.paths + Self.paths).map(\.description)
        // Our own files take less than 1 ms, once: that was a seventh of the start of a server, and few are ever asked.
        if !sets.isEmpty { _ = try? index(of: paths) }
        for path in Self.paths {
            // On the loop: an answer is a copy of what is there. Never compressed: that would cost more than all the rest.
            table.add(
                path, compression: .byHandler, runsOn: .loop, endsWithServer: true,
                .bidiStreaming { [self] requests, responses, _ async throws(Status) in
                    var stream = ReflectionStream(try index(of: paths))
                    while let request = try await requests.next() {
                        try await responses.write(try stream.answer(request))
                    }
                })
        }
    }

    /// Sets were read when they were made: what cannot be read again ends the call, not the server.
    private func index(of paths: [String]) throws(Status) -> ReflectionIndex {
        do throws(DescriptorSetError) {
            return try index.withLock { known throws(DescriptorSetError) in
                if let known, known.paths == paths { return known.index }
                let index = try ReflectionIndex(of: paths, sets: sets)
                known = (paths, index)
                return index
            }
        } catch {
            throw Status(.internal, "the descriptors cannot be read: \(error)")
        }
    }
}
