// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import InstanceDocuments
import InstanceRegistry
import JSONWire
import Outbound
import RegistryCalls
import Text

/// The calls of a store to its registry. Belongs to the loop.
final class HTTPRegistryCalls {
    let loop: EventLoop
    private let place: OutboundTarget
    private let resolver = OutboundResolver()
    private let buffer = ReceiveBuffer()
    private var calls: [Int: (call: RegistryCall, completion: RegistryCall.Completion)] = [:]
    private var lastNumber = 0
    private(set) var isClosed = false

    init(to place: OutboundTarget, on loop: EventLoop) {
        self.place = place
        self.loop = loop
    }

    /// Asks; the completion is called later. With a `stream` the answer goes on until that is silent.
    @discardableResult
    func ask(
        _ request: [UInt8]?, within limit: Duration, bodyLimit: Int = RegistryCall.answerLimit,
        stream: RegistryCall.Stream? = nil, _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        lastNumber += 1
        let number = lastNumber
        guard !isClosed, let request else {
            let failure: StoreFailure = isClosed ? .closed : .refused("a name that no URL has")
            later { completion(.failure(failure)) }
            return number
        }
        let call = RegistryCall(
            request, to: place, within: limit, bodyLimit: bodyLimit, on: loop, resolver, buffer,
            stream: stream
        ) { [weak self] result in
            guard let self, self.calls.removeValue(forKey: number) != nil else { return }
            completion(result)
        }
        calls[number] = (call, completion)
        return number
    }

    /// Gives a call up: its completion is not called.
    func cancel(_ number: Int) { calls.removeValue(forKey: number)?.call.cancel() }

    /// Ends all calls: their completions get that it is closed.
    func close() {
        isClosed = true
        let due = calls.values.map(\.completion)
        for (call, _) in calls.values { call.cancel() }
        calls = [:]
        for completion in due { later { completion(.failure(.closed)) } }
    }

    func later(_ work: @escaping () -> Void) { _ = loop.schedule(at: loop.now, work) }
}

extension RegistryAnswer {
    /// A registry has said it, and not a server without one.
    private var isOfRegistry: Bool { fields[RegistryPath.field] != nil }

    /// The registry does not have what was asked for.
    var isMissing: Bool { status == 404 && isOfRegistry }

    /// Why the registry has not done what it was asked for; nil when it has.
    var failure: StoreFailure? {
        switch status {
        case 200..<300 where isOfRegistry: nil
        case 401, 403:
            .refused(
                "it refuses to be written to (\(status)): give the token of the registry by token-file"
            )
        case 507: .refused("it refuses: \(words)")
        case 408, 429, 500...: .unreachable("it answers with \(status)")
        case _ where isOfRegistry: .refused("it refuses: \(words)")
        default:
            .refused(
                "there is no registry (\(status)): is the path right, and was its process started with --serve-registry?"
            )
        }
    }

    /// The text of an answer that is no success.
    private var words: String {
        body.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: 16), let document = JSONDocument(bytes) else {
                return ""
            }
            return document.withRoot {
                PrintableText.escaped($0["error"].string ?? "", limit: 200)
            }
        }
    }
}
