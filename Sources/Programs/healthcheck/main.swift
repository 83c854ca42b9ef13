// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

// By its constructor: it holds signals until the wrapper can take them.
import CFirstProcess
import CLinux
import HealthWrapper
import HealthcheckCommand
import SystemIO

/// Does what the command line asks for; the process's exit code.
func main() -> CInt {
    let startTime = MonotonicTime.now()
    StandardStream.fillClosed()
    if let check = PlainCheck.asked { check.run() }
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
    case .explain(let options):
        return ExplainCommand.run(options)
    case .install(let path):
        return InstallCommand.run(path)
    case .wrap(let arguments):
        // The command's words as they came, behind our name, the arguments and the --.
        return Wrapper.run(
            arguments: arguments, commandStart: arguments.count + 2, startTime: startTime)
    }
}

exit(main())
