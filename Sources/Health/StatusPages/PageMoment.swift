// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import StatusBoard
import SystemIO
import Text

/// The pages of one moment: what is asked for often is written once.
struct PageMoment {
    /// A page without a query.
    enum Page {
        case health(HealthFormat)
        case healthVerbose(HealthFormat)
        case healthz
        case ready
        case group(HealthGroup)

        /// Its place among the pages that are written.
        fileprivate var index: Int {
            switch self {
            case .health(let format): format.rawValue
            case .healthVerbose(let format): 3 + format.rawValue
            case .healthz: 6
            case .ready: 7
            case .group(.liveness): 8
            case .group(.readiness): 9
            case .group(.startup): 10
            }
        }
        fileprivate static var count: Int { 11 }
    }

    let snapshot: Board.Snapshot
    let context: PageContext
    let validators: Validators
    private var written = [HTTPResponse?](repeating: nil, count: Page.count)

    /// The moment of a snapshot.
    init(_ snapshot: Board.Snapshot, _ context: PageContext, reported: MonotonicTime) {
        self.snapshot = snapshot
        self.context = context
        self.validators = Validators(snapshot, context, reported: reported)
    }

    /// A page, written at its first request.
    mutating func response(_ page: Page) -> HTTPResponse {
        if let response = written[page.index] { return response }
        let response = write(page)
        written[page.index] = response
        return response
    }

    private func write(_ page: Page) -> HTTPResponse {
        switch page {
        case .health(let format): health(format, isVerbose: false, excluding: [])
        case .healthVerbose(let format): health(format, isVerbose: true, excluding: [])
        case .healthz: healthz(isVerbose: false, excluding: [])
        case .ready: ready(isVerbose: false, excluding: [])
        case .group(let group): self.group(group, isVerbose: false, excluding: [])
        }
    }

    // MARK: Pages as a query wants them

    func health(
        _ format: HealthFormat, isVerbose: Bool, excluding names: [String]
    ) -> HTTPResponse {
        let report = HealthReport(snapshot, excluding: names)
        let body =
            switch format {
            case .json: report.json(context, isVerbose: isVerbose)
            case .healthJSON: report.healthJSON(context)
            case .text: report.text(context, isVerbose: isVerbose)
            }
        return HTTPResponse(
            report.canServe, contentType: format.contentType, body: body,
            fields: validators.fields(format))
    }

    func healthz(isVerbose: Bool, excluding names: [String]) -> HTTPResponse {
        json(.liveness, isVerbose, names) { writer, passes in
            writer.set("status", passes ? "ok" : "unhealthy")
        }
    }

    func ready(isVerbose: Bool, excluding names: [String]) -> HTTPResponse {
        json(.readiness, isVerbose, names) { writer, passes in
            writer.set("ready", passes)
            writer.set("message", passes ? "Service is ready" : "Service not ready")
        }
    }

    private func json(
        _ group: HealthGroup, _ isVerbose: Bool, _ names: [String],
        _ body: (inout JSONWriter, Bool) -> Void
    ) -> HTTPResponse {
        guard let report = GroupReport(group, snapshot, excluding: names) else {
            return Self.noGroup
        }
        var writer = JSONWriter()
        writer.object { writer in
            body(&writer, report.passes)
            guard isVerbose else { return }
            writer.object("checks") { writer in
                for (name, row) in report.rows { writer.set(named: name, row.word) }
            }
            if let warning = Exclusion.warning(of: report.unmatched) {
                writer.array("warnings", [warning])
            }
        }
        return HTTPResponse(
            report.passes, contentType: HealthFormat.json.contentType, body: writer.bytes,
            fields: validators.fields())
    }

    func group(
        _ group: HealthGroup, isVerbose: Bool, excluding names: [String]
    ) -> HTTPResponse {
        text(GroupReport(group, snapshot, excluding: names), isVerbose) ?? Self.noGroup
    }

    func check(
        _ name: String, of group: HealthGroup, isVerbose: Bool, excluding names: [String]
    ) -> HTTPResponse {
        text(GroupReport(group, check: name, snapshot, excluding: names), isVerbose)
            ?? HTTPResponse(
                .notFound,
                line:
                    "\(group.pageName) has no check of this name; ?verbose shows those that it has")
    }

    private func text(_ report: GroupReport?, _ isVerbose: Bool) -> HTTPResponse? {
        report.map { report in
            HTTPResponse(
                report.passes, contentType: HealthFormat.text.contentType,
                body: report.text(for: context.audience, isVerbose: isVerbose),
                fields: validators.fields())
        }
    }

    private static var noGroup: HTTPResponse {
        HTTPResponse(.notFound, line: "the service has no such group of checks")
    }
}

extension GroupReport.Row {
    /// One word.
    fileprivate var word: String {
        switch self {
        case .ok: "ok"
        case .excluded: "excluded"
        case .failed: "failed"
        }
    }
}
