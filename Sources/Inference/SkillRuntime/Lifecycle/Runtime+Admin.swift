// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops

/// Commands from other loops.
extension Runtime {
    /// The commands as paths of HTTP. The service outlives the runtime.
    var adminService: AdminService {
        let bound = LoopBound(WeakRuntime(value: self), on: control)
        return AdminService { command, reply in
            bound.loop.post {
                guard let runtime = bound.value.value else {
                    return reply(.refused(reason: "the server has stopped"))
                }
                runtime.carryOut(command, reply)
            }
        }
    }
}

private struct WeakRuntime {
    weak var value: Runtime?
}
