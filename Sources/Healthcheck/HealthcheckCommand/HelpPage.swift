// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// The text of `--help`.
enum HelpPage {
    static var text: String {
        """
        healthcheck: gives a container a truthful health.

        Usage:
          healthcheck --http URL                 check once, and exit with 0 or 1
          healthcheck --check KIND:TARGET...     the same with any kind of check; several at once
          healthcheck [flags] -- COMMAND...      run a command, watch it, and serve its health
          healthcheck --version [--v]            the version; with --v what is linked, and the notices

        Flags of a check that runs once:

        """ + OneShotOptions.flags.usage.drop { $0 != "\n" }.dropFirst()
            + """

            Exit codes of a check that runs once: 0 healthy or degraded, 1 anything else.

            """
    }
}
