// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Explaining
import Flags
import Settings
import SystemIO

/// `skill-runtime explain`: asks the runtime that listens at its `--admin` why it is as it is.
package struct ExplainCommand {
    private let place: SideAddress
    private let request: ExplanationRequest

    /// What the arguments after `explain` come to.
    private enum Invocation {
        case ask(ExplainCommand)
        case printOutput(String)
        case refuse([String])
    }

    private struct Options {
        /// Arguments of the settings.
        var settings: [String] = []
        var last: Duration?
        var wantsJSON = false
        var showsHelp = false
    }

    /// The exit code of a run that could not ask.
    private static let cannotAsk: CInt = 2

    /// Asks as the arguments after `explain` say, and prints. The exit code is 0 when the whole server is SERVING, 1 when it is
    /// not, and 2 when it could not be asked.
    package static func run(_ arguments: [String]) -> CInt {
        switch invocation(arguments) {
        case .printOutput(let text):
            StandardStream.output.write(text)
            return 0
        case .refuse(let problems):
            return refuse(problems)
        case .ask(let command):
            do throws(LocalHTTPError) {
                let answer = try command.request.ask(at: command.place.address)
                StandardStream.output.write(answer.text)
                return answer.isServing ? 0 : 1
            } catch {
                return refuse(["cannot ask \(command.place.text): \(error.reason)"])
            }
        }
    }

    private static func refuse(_ problems: [String]) -> CInt {
        for problem in problems {
            StandardStream.error.write("skill-runtime explain: \(problem)\n")
        }
        return cannotAsk
    }

    private static func invocation(_ arguments: [String]) -> Invocation {
        var options = Options()
        do throws(FlagError) {
            let rest = try flags.parse(arguments, into: &options)
            if let problem = flags.hint(on: rest, of: arguments) { return .refuse([problem]) }
        } catch .helpRequested {
            options.showsHelp = true
        } catch {
            var hint = " (see --help)"
            if case .notDefined(let name) = error, let nearest = flags.nearest(to: name) {
                hint = ": did you mean --\(nearest)?"
            }
            return .refuse([error.settingText + hint])
        }
        if options.showsHelp { return .printOutput(help) }
        // Whatever else is wrong with the settings, the runtime may run with others.
        let reading = RuntimeOptions.settings.withoutCommonProblems.read(
            arguments: options.settings)
        guard let place = reading.options.network.admin else {
            return .refuse(
                reading.problems + [
                    "no address to ask: use --admin, or have VITALS_ADMIN or --config name that of the runtime"
                ])
        }
        let request = ExplanationRequest(last: options.last, wantsJSON: options.wantsJSON)
        return .ask(ExplainCommand(place: place, request: request))
    }

    private static var flags: FlagTable<Options> {
        FlagTable(
            program: "skill-runtime explain",
            flags: [
                .string("admin", "") { $0.settings += ["--admin", $1] },
                .string("config", "") { $0.settings += ["--config", $1] },
                .value("last", "") { (options, text) throws(FlagValueError) in
                    options.last = try ExplanationRequest.last(text)
                },
                .boolean("json", "") { $0.wantsJSON = $1 },
                .boolean("help", "") { $0.showsHelp = $1 },
            ])
    }

    private static let help = """
        skill-runtime explain asks a running skill-runtime why each health name is what it is,
        and what would have to change for it to become SERVING.

          --admin ADDRESS  where it listens for operators: unix:/path, 127.0.0.1:port or
                           [::1]:port (or VITALS_ADMIN, or admin in the file of settings)
          --config PATH    its file of settings (or VITALS_CONFIG)
          --last DURATION  also what has changed in that time, such as 1h; an hour is kept
          --json           the same as one JSON document

        Exit codes: 0 the whole server is SERVING; 1 it is not; 2 it could not be asked.

        """
}
