// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HTTP1Wire
package import HTTPRouting
import InstanceDocuments
import LocalRegistry

/// A registry for others over HTTP: `GET /discover`, `GET /discover/NAME`, with `?watch` as a stream of events, and
/// `GET`, `PUT` and `DELETE /discover/NAME/ID`.
package struct RegistryService: HTTPService {
    /// Who may write.
    package enum Writers: Sendable {
        /// Everybody who reaches the address: one of operators. Pages of other sites have to be refused before it.
        case everybody
        /// Who has this token.
        case token(String)
        /// No client, since there is no token.
        case closed
    }

    private let desk: LoopBound<RegistryDesk>
    private let streams: StreamPlaces
    private let epoch: String
    private let writers: Writers
    private let silence: Duration

    /// The registry of a desk; made on its loop. A stream that has nothing to tell says so after `silence`.
    package init(
        _ desk: RegistryDesk, writers: Writers, silence: Duration = RegistryPath.silence
    ) {
        self.desk = LoopBound(desk, on: desk.directory.loop)
        streams = desk.streams
        epoch = desk.epoch
        self.writers = writers
        self.silence = silence
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        let answer = answering(on: loop)
        let stream = HTTPHandler.streaming { [self] in open($0, $1, on: loop) }
        routes.add(.get, RegistryPath.root, answer)
        routes.add(
            .get, below: RegistryPath.services,
            .choosing { RegistryRequest.isStream($0) ? stream : answer })
        routes.add(.put, below: RegistryPath.services, answer)
        routes.add(.delete, below: RegistryPath.services, answer)
    }

    /// Answers at once on the loop of the registry, and from other loops when that has answered.
    private func answering(on loop: EventLoop) -> HTTPHandler {
        if loop === desk.loop {
            return .immediate { [self] request in
                do throws(RegistryRefusal) {
                    return desk.value.response(to: try RegistryRequest(request, writers), request)
                } catch {
                    return error.response(epoch)
                }
            }
        }
        return .deferred { [self] request, responder in
            do throws(RegistryRefusal) {
                let wish = try RegistryRequest(request, writers)
                desk.onLoop { responder.respond($0.response(to: wish, request)) }
            } catch {
                responder.respond(error.response(epoch))
            }
            return nil
        }
    }

    private func open(
        _ request: HTTPRequest, _ waker: HTTPBodyWaker, on loop: EventLoop
    ) -> HTTPStream {
        do throws(RegistryRefusal) {
            let (service, selection) = try RegistryRequest.stream(request)
            let head = HTTPResponse(
                .ok,
                fields: [
                    ("content-type", "text/event-stream"), ("cache-control", "no-store"),
                    ("x-content-type-options", "nosniff"), (RegistryPath.field, epoch),
                ])
            if request.method == .head { return .refused(head) }
            guard let number = streams.take() else { throw .tooManyStreams }
            let stream = RegistryStream(
                of: service, selection, at: desk, (number, streams), silence: silence, on: loop,
                waker)
            stream.start()
            return .open(head, stream)
        } catch {
            return .refused(error.response(epoch))
        }
    }
}
