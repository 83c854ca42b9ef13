// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import HTTP1Wire
import NetworkChecks
import StatusBoard
import SystemIO

/// Asks once for a page of metrics, and hands its bytes on. Pure.
struct ScrapeSession: CheckSession {
    /// A page that is longer is refused: it would have to be held, and read, for each scrape.
    static let pageLimit = 4 << 20

    private let request: [UInt8]
    private let onPage: ([UInt8]) -> Void
    private var reader = HTTP1ResponseReader()
    private var status = 0
    private var page: [UInt8] = []

    /// A session that calls `onPage` with a whole page, before its result is there.
    init(_ request: [UInt8], onPage: @escaping ([UInt8]) -> Void) {
        self.request = request
        self.onPage = onPage
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        var limits = HTTP1Limits()
        limits.body = Self.pageLimit
        reader = HTTP1ResponseReader(limits: limits)
        (status, page) = (0, [])
        return .send(request)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        var rest = bytes
        do throws(HTTP1Fault) {
            while true {
                switch try reader.receive(&rest) {
                case .needsMore: return .wait
                case .head(let head):
                    status = head.status.rawValue
                    if status != 200 { return .finish(refused) }
                case .body(let part): page.append(contentsOf: part)
                case .end: return .finish(finished())
                }
            }
        } catch .bodyTooLarge {
            return .finish(
                CheckResult(.unhealthy, "its page has more than \(Self.pageLimit >> 20) MiB"))
        } catch {
            return .finish(CheckResult(.unhealthy, "its response is no HTTP/1.1: \(error.text)"))
        }
    }

    mutating func ended(at now: MonotonicTime) -> CheckResult {
        do throws(HTTP1Fault) {
            try reader.inputEnded()
            return finished()
        } catch {
            return CheckResult(.unhealthy, "it closed the connection within its response")
        }
    }

    private var refused: CheckResult {
        CheckResult(.unhealthy, "it answers with \(status) and not 200")
    }

    private mutating func finished() -> CheckResult {
        onPage(page)
        page = []
        return .healthy
    }
}
