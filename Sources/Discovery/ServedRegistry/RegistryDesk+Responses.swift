// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import InstanceDocuments
import InstanceRegistry
import StatusPages
import Text

/// What a registry answers.
extension RegistryDesk {
    /// Does what a request wants.
    func response(to wish: RegistryRequest, _ request: HTTPRequest) -> HTTPResponse {
        switch wish {
        case .names: return response(revision, request) { names() }
        case .list(let service, let selection):
            guard let revision = revision(of: service) else {
                return missing("no instance of \(PrintableText.quoted(service)) is registered here")
            }
            return response(revision, request) { instances(of: service, selection, revision) }
        case .instance(let key):
            guard let revision = revision(of: key.service), let document = instance(key) else {
                return missing(Self.text(ofMissing: key))
            }
            return response(revision, request) { document }
        case .put(let instance, let timeToLive): return write(instance, timeToLive)
        case .remove(let key):
            guard remove(key) else { return missing(Self.text(ofMissing: key)) }
            return marked(.json(.ok, "message", "removed"))
        }
    }

    /// A client that has this revision is told so, and nothing is made for it.
    private func response(
        _ revision: UInt64, _ request: HTTPRequest, _ makeBody: () -> [UInt8]
    ) -> HTTPResponse {
        // Weak: texts of one revision may differ in the time of the last health check.
        let fields: [(name: StaticString, value: String)] = [
            ("cache-control", "no-cache"), ("x-content-type-options", "nosniff"),
            ("etag", "W/\"\(epoch)-\(revision)\""), (RegistryPath.field, epoch),
        ]
        var response = HTTPResponse(.ok, contentType: "application/json", body: [], fields: fields)
            .validated(for: request)
        if response.status == .ok { response.body = makeBody() }
        return response
    }

    private func write(_ instance: Instance, _ timeToLive: Duration) -> HTTPResponse {
        do throws(StoreFailure) {
            let answer = try put(instance, timeToLive: timeToLive)
            let status: HTTP1Status = answer == .registered ? .created : .ok
            return marked(
                HTTPResponse(
                    status, contentType: "application/json",
                    body: answer.bytes + Array("\n".utf8),
                    fields: [
                        ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
                    ]))
        } catch {
            return marked(.json(.insufficientStorage, "error", error.text))
        }
    }

    private static func text(ofMissing key: InstanceKey) -> String {
        "no instance \(PrintableText.quoted(key.id)) of \(PrintableText.quoted(key.service)) is registered here"
    }

    private func missing(_ text: String) -> HTTPResponse {
        marked(.json(.notFound, "error", text + "; GET /discover lists the services"))
    }

    private func marked(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.fields.append((RegistryPath.field, epoch))
        return response
    }
}
