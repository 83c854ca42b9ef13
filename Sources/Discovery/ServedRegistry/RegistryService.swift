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
    private let streams: PeerPlaces
    private let requests: PeerPlaces
    private let epoch: String
    private let writers: Writers
    private let silence: Duration

    /// The registry of a desk; made on its loop. A stream that has nothing to tell says so after `silence`.
    package init(
        _ desk: RegistryDesk, writers: Writers, silence: Duration = RegistryPath.silence
    ) {
        self.desk = LoopBound(desk, on: desk.directory.loop)
        streams = desk.streams
        requests = desk.requests
        epoch = desk.epoch
        self.writers = writers
        self.silence = silence
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        let (read, write) = (reading(on: loop), writing(on: loop))
        let stream = HTTPHandler.streaming { [self] in open($0, $1, on: loop) }
        routes.add(.get, RegistryPath.root, read)
        routes.add(
            .get, below: RegistryPath.services,
            .choosing { RegistryRequest.isStream($0) ? stream : read })
        routes.add(.put, below: RegistryPath.services, write)
        routes.add(.delete, below: RegistryPath.services, write)
    }

    /// Everybody may read: each waits for its turn, beyond a number of them they are refused, and nothing is made for one that has
    /// left. On the loop of the registry one in a tick is answered at once.
    private func reading(on loop: EventLoop) -> HTTPHandler {
        let waiting = HTTPHandler.deferred { [self] in wait($0, $1) }
        guard loop === desk.loop else { return waiting }
        let now = HTTPHandler.immediate { [self] in response(to: $0) }
        return .choosing { [desk] _ in desk.value.turns.takeTurn() ? now : waiting }
    }

    /// Who may write does not wait behind those who read.
    private func writing(on loop: EventLoop) -> HTTPHandler {
        if loop === desk.loop { return .immediate { [self] in response(to: $0) } }
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

    /// On the loop of the registry.
    private func response(to request: HTTPRequest) -> HTTPResponse {
        do throws(RegistryRefusal) {
            return desk.value.response(to: try RegistryRequest(request, writers), request)
        } catch {
            return error.response(epoch)
        }
    }

    private func wait(_ request: HTTPRequest, _ responder: HTTPResponder) -> (() -> Void)? {
        do throws(RegistryRefusal) {
            let wish = try RegistryRequest(request, writers)
            let peer = request.network
            guard case .taken = requests.take(for: peer) else { throw .tooManyRequests }
            let reader = Reader()
            desk.onLoop { [requests] desk in
                desk.turns.wait(in: .requests) { [unowned desk] in
                    requests.giveBack(of: peer)
                    if reader.isThere { responder.respond(desk.response(to: wish, request)) }
                }
            }
            return { reader.leave() }
        } catch {
            responder.respond(error.response(epoch))
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
            let peer = request.network
            let answer = streams.take(for: peer)
            guard case .taken(let number) = answer else { throw .noStream(answer) }
            let stream = RegistryStream(
                of: service, selection, at: desk, number, silence: silence, on: loop, waker
            ) { [streams] in streams.giveBack(of: peer) }
            stream.start()
            return .open(head, stream)
        } catch {
            return .refused(error.response(epoch))
        }
    }
}
