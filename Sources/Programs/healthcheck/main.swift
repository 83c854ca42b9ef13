// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthcheckCommand
import SystemIO

/// Does what the command line asks for; the process's exit code.
func main() -> CInt {
    StandardStream.fillClosed()
    let arguments = ProgramArguments.all
    switch HealthcheckInvocation(arguments: arguments) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return 0
    case .refuse(let problems, let code):
        for problem in problems { StandardStream.error.write("healthcheck: \(problem)\n") }
        return code
    case .checkOnce(let options):
        return OneShot.run(options)
    case .askWrapper(let options):
        return StatusCommand.run(options)
    case .wrap:
        StandardStream.error.write("healthcheck: running a command is not in this build yet\n")
        return 1
    }
}

exit(main())
