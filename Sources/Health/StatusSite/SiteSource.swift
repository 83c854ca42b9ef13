// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// Where the page has its contents from.
package struct SiteSource: Sendable {
    let service: StatusReport.Service
    let board: Board
    let history: ChangeRecorder
    /// The numbers of this moment: called on loops, so it reads what is there and asks the system for nothing.
    let figures: @Sendable () -> SiteFigures

    /// A source.
    package init(
        _ service: StatusReport.Service, board: Board, history: ChangeRecorder,
        figures: @escaping @Sendable () -> SiteFigures
    ) {
        self.service = service
        self.board = board
        self.history = history
        self.figures = figures
    }
}
