// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import Logging
import Models
import SkillServices
import StatusBoard
import SystemIO

/// What operators and the service manager can ask for, by signals and at the admin address.
extension Runtime {
    /// What a runtime can be asked for.
    package enum Command: Equatable, Sendable {
        /// Read files again.
        case reload(Reload)
        /// Take the server out of service, or back into it; requests are still served.
        case setMaintenance(Bool)
        /// The other one of the two.
        case toggleMaintenance
        /// Begin a drill, or end it.
        case drill(Drill)
        /// End all drills.
        case endDrills
        /// Drain, and end; an operator may still take it back.
        case drain
        /// Take a drain back.
        case resume
        /// Drain, and end; the second time stop at once.
        case terminate

        /// Read the models' files again, and those of the model server's key and CAs.
        package static let reloadModels = Command.reload([.models, .modelServer])
        /// Read the files of certificates and keys again.
        package static let reloadCredentials = Command.reload([.certificates, .modelServer])
    }

    /// What came of a command.
    package enum Reply: Equatable, Sendable {
        case done
        /// The state forbids it; the reason is for a person.
        case refused(reason: String)
        /// Each part that was read again, and what is wrong with it.
        case reloaded([Reload.Result])
    }

    /// Carries out a command; called on the control loop. `reply` is called on some thread when it is done.
    package func carryOut(
        _ command: Command, _ reply: @escaping @Sendable (Reply) -> Void = { _ in }
    ) {
        switch command {
        case .terminate: return drain(askedBy: .signal, reply)
        case .drain: return drain(askedBy: .admin, reply)
        case .resume: return resume(reply)
        default: break
        }
        // During a drain nothing changes any more.
        guard !state.board.snapshot.isDraining else {
            return reply(.refused(reason: "the server is draining"))
        }
        switch command {
        case .reload(let parts): return reload(parts, reply)
        case .setMaintenance(let isOn): setMaintenance(isOn)
        case .toggleMaintenance: setMaintenance(!isInMaintenance)
        case .drill(let drill): begin(drill)
        case .endDrills: for target in Drill.Target.allCases { endDrill(of: target) }
        case .terminate, .drain, .resume: break
        }
        reply(.done)
    }

    // MARK: Maintenance

    private var isInMaintenance: Bool {
        state.board.snapshot.outcome(of: .maintenance) != .healthy
    }

    private func setMaintenance(_ isOn: Bool) {
        if isOn == isInMaintenance { return }
        state.board.report(isOn ? .inMaintenance : .healthy, for: .maintenance) { [logger] in
            logger.notice("maintenance was switched \(isOn ? "on" : "off")")
        }
    }

    // MARK: Drills

    private func begin(_ drill: Drill) {
        guard drill.duration > .zero else { return endDrill(of: drill.target) }
        operations.drillTimers[drill.target].map { control.cancel($0) }
        let end = MonotonicTime.now() + drill.duration
        operations.drillTimers[drill.target] = control.schedule(at: end) { [weak self] in
            self?.endDrill(of: drill.target)
        }
        let name = drill.target.rawValue
        state.board.report(
            drill.outcome, for: drill.target.outcome, prospect: .ends(end)
        ) { [logger] in
            logger.notice(
                "a drill has begun",
                metadata: ["name": "\(name)", "for": "\(drill.duration.goText)"])
        }
    }

    private func endDrill(of target: Drill.Target) {
        guard let timer = operations.drillTimers.removeValue(forKey: target) else { return }
        control.cancel(timer)
        state.board.report(.healthy, for: target.outcome) { [logger] in
            logger.notice("a drill is over", metadata: ["name": "\(target.rawValue)"])
        }
    }

    // MARK: Reloads

    private func reload(_ parts: Reload, _ reply: @escaping @Sendable (Reply) -> Void) {
        service?.reloadBegan()
        let bound = LoopBound(self, on: control)
        let steps = reloadSteps(parts)
        if steps.isEmpty {
            logger.notice("nothing to read again", metadata: ["hint": "SIGUSR1 reloads the models"])
        }
        files.post { [state] in
            // Not earlier: it may have waited for the disk.
            let isLate = state.board.snapshot.isDraining
            let results = isLate ? [] : steps.flatMap { $0() }
            bound.loop.post { bound.value.service?.reloadEnded() }
            reply(
                isLate ? .refused(reason: "the server is draining") : .reloaded(results))
        }
    }

    /// What to do on the loop of the files.
    private func reloadSteps(_ parts: Reload) -> [@Sendable () -> [Reload.Result]] {
        var steps: [@Sendable () -> [Reload.Result]] = []
        if parts.contains(.models) {
            steps.append { [library] in
                library.value.reloadAll().map { .init("model/\($0.name)", $0.error?.text) }
            }
        }
        if parts.contains(.certificates), let certificateWatch = companions.certificates {
            steps.append { [.init("certificates", certificateWatch.reload())] }
        }
        if parts.contains(.modelServer), let reload = upstream?.reload {
            steps.append { [.init("model-server", reload())] }
        }
        return steps
    }
}
