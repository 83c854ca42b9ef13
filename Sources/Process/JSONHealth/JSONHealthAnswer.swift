// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Answers lines, from how the service is at that moment. Pure.
enum JSONHealthAnswer {
    /// What a line is answered with, without the end of a line. `report` is made for those that need it; `take` takes
    /// heartbeats, where there are some.
    static func text(
        to line: some Collection<UInt8>, taking take: JSONHeartbeat.Take? = nil,
        _ report: () -> any JSONHealthDocument
    ) -> String {
        do throws(JSONHealthError) {
            switch try JSONHealthRequest(line) {
            case .question(let question): return text(to: question, report)
            case .heartbeat(let heartbeat): return try text(to: heartbeat, take)
            case .explanation(let asText, let last):
                return try text(of: report(), asText: asText, last: last)
            }
        } catch {
            return text(error)
        }
    }

    /// What a client is told of a line with something wrong in it.
    static func text(_ error: JSONHealthError) -> String {
        "{\"type\":\"error\",\"message\":\(PrintableText.quoted(error.text, .json))}"
    }

    private static func text(
        to heartbeat: JSONHeartbeat, _ take: JSONHeartbeat.Take?
    ) throws(JSONHealthError) -> String {
        guard let take else { throw .refusedHeartbeat("there are no heartbeats here") }
        if let reason = take(heartbeat) { throw .refusedHeartbeat(reason) }
        let name = PrintableText.quoted(heartbeat.name, .json)
        return "{\"type\":\"heartbeat_response\",\"name\":\(name),\"ok\":true}"
    }

    private static func text(
        of report: any JSONHealthDocument, asText: Bool, last: Duration?
    ) throws(JSONHealthError) -> String {
        guard let document = report.explanation(asText: asText, last: last) else {
            throw .unknownType
        }
        return "{\"type\":\"explanation\",\"ok\":\(report.isReady)"
            + ",\"document\":\(PrintableText.quoted(document, .json))}"
    }

    private static func text(
        to request: JSONHealthQuestion, _ report: () -> any JSONHealthDocument
    ) -> String {
        switch request {
        // That it answers is what was asked.
        case .liveness: return text(to: request, isOK: true)
        case .readiness: return text(to: request, isOK: report().isReady)
        case .full:
            let report = report()
            return text(to: request, isOK: report.isReady, report: report.text)
        }
    }

    private static func text(
        to request: JSONHealthQuestion, isOK: Bool, report: String = "null"
    ) -> String {
        "{\"type\":\"health_response\",\"check_type\":\"\(request.rawValue)\",\"ok\":\(isOK)"
            + ",\"report\":\(report)}"
    }
}
