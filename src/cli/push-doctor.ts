import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { type Diagnosis, doctorText } from './push-doctor-text.ts'
import { helpText } from './help-text.ts'
import { parseQuestion, SERVER_HELP, serverClient } from './server-client.ts'

const ABOUT = `  --user USER_ID     The notifications of this user; needs an administrator's token
                     [default: the owner of the token]
${SERVER_HELP}`

/** Prints what keeps the notifications of a user from arriving, and what to do. */
export const pushDoctor: Command = {
  usage: 'push doctor',
  summary: 'show what keeps your notifications from arriving, and what to do',
  help: () =>
    helpText({
      about: ABOUT,
      examples: ['belfry push doctor --url https://matrix.example.org --token-file token'],
      exitCodes: {
        done: 'no problem was found; warnings and hints are none',
        failed: 'a problem was found, or the command failed',
      },
    }),
  async run(argv, context) {
    const { values, positionals } = parseQuestion(argv)
    if (positionals.length > 0) throw new ConfigError(`unexpected argument "${positionals[0]}"`)
    const search =
      values.user === undefined ? '' : `?${new URLSearchParams({ user_id: values.user }).toString()}`
    const diagnosis = (await serverClient(context, values)(`/_belfry/v1/doctor${search}`)) as Diagnosis
    context.print(values.json === true ? JSON.stringify(diagnosis, null, 2) : doctorText(diagnosis))
    return diagnosis.findings.some(({ severity }) => severity === 'problem') ? 1 : 0
  },
}
