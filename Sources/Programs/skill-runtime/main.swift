// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Settings
import SkillRuntime
import SystemIO

/// Reads the settings and does what they ask for; the process's exit code.
func main() -> CInt {
    let startTime = MonotonicTime.now()
    StandardStream.fillClosed()
    switch RuntimeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return 0
    case .explain(let words): return ExplainCommand.run(words)
    case .refuse(let problems):
        return refuse(problems)
    case .checked(let problems, let warnings):
        for warning in warnings {
            StandardStream.error.write("skill-runtime: warning: \(warning)\n")
        }
        if !problems.isEmpty { return refuse(problems) }
        StandardStream.output.write("skill-runtime: configuration OK\n")
        return 0
    case .run(let options, let warnings):
        do throws(StartFailure) {
            let app = try App(options, warnings: warnings, startTime: startTime)
            app.bootstrapMetrics()
            try app.start()
            return try app.run()
        } catch {
            return refuse([error.problem.text])
        }
    }
}

func refuse(_ problems: [String]) -> CInt {
    for problem in problems { StandardStream.error.write("skill-runtime: \(problem)\n") }
    return 1
}

exit(main())
