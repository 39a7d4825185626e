import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import { isPart } from '../config/roles.ts'
import { CONSOLE_PATH, consoleJourney } from '../lib/console-links.ts'
import type { App, Command } from './command.ts'
import { type PushProof, provePush } from './check-push.ts'
import { helpText } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'
import { serveUntilStopped, STOPPED } from './serve.ts'

// The settings of a first start. All of them can be overridden, as for serve.
const FIRST_START = { BELFRY_OPEN_REGISTRATION: 'true', BELFRY_LOG_LEVEL: 'error' }

export const start: Command = {
  usage: 'start',
  summary: 'serve with open registration, prove that push works, and print the next commands',
  help: () =>
    helpText({
      flags: [['--json', 'Print JSON: the ready line, and a line with the result of the test push.']],
      examples: ['belfry start --data /tmp/belfry --listen 127.0.0.1:8008'],
      exitCodes: STOPPED,
      hasSettings: true,
    }),
  async run(given, context) {
    const { isJson, rest: argv } = jsonFlag(given)
    const load = () => {
      const config = loadConfig({ argv, env: { ...FIRST_START, ...context.env } })
      if (isPart(config)) throw new ConfigError('"roles" does not apply to belfry start: use belfry serve')
      return config
    }
    const onReady = async (app: App, url: string) => {
      try {
        const { ms, ...proof } = await provePush(app, url)
        if (isJson) {
          context.print(JSON.stringify({ push_works: true, milliseconds: ms }))
          return
        }
        context.print(
          `Push works: a message became a poke, and the poke a notification, in ${ms.toFixed(1)} ms.`,
        )
        if (app.hasConsole) context.print(consoleLink(url, proof, context.isTerminal))
      } catch (error) {
        app.log.error(
          { err: error },
          'push does not work: the message sent at the start did not become a notification',
        )
      }
      if (isJson) context.print(JSON.stringify({ push_works: false }))
      else context.print(await nextSteps(url, app.serverName))
    }
    return serveUntilStopped(context, load, { onReady, isJson })
  },
}

/**
 * The access token is in the fragment, which browsers do not send. It is the one of an account that only
 * receives the message of the proof. `isTerminal`: otherwise the text can be in a log, and has no token.
 */
export function consoleLink(
  url: string,
  { eventId, accessToken }: Omit<PushProof, 'ms'>,
  isTerminal: boolean,
): string {
  if (!isTerminal) return `\nThe web console is at ${url}${CONSOLE_PATH}/. You can create an account there.`
  return `
Open the web console first. This link shows the way of that message, from the push rules to the device:

  ${consoleJourney(url, eventId)}#token=${accessToken}

For your own account, open ${url}${CONSOLE_PATH}/ and create one there.`
}

async function nextSteps(url: string, serverName: string): Promise<string> {
  const api = `${url}/_matrix/client/v3`
  const [alice, bob] = [await freeName(api, 'alice'), await freeName(api, 'bob')]
  const register = (name: string) =>
    `$(curl -s ${api}/register -d '{"username":"${name}","password":"${name}s-secret","auth":{"type":"m.login.dummy"}}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  return `
Or try it in a terminal. These commands register two users, set a pusher for one of them, and invite that user as the other:

  ALICE=${register(alice)}; BOB=${register(bob)}

  curl -H "Authorization: Bearer $ALICE" ${url}/_matrix/client/api/v1/pushers/set -d '{"pushkey":"${alice}s-phone","kind":"http","instance_handle":"${alice}s-phone","app_id":"org.belfry.inbox","app_display_name":"Inbox","device_display_name":"Phone","lang":"en","data":{"url":"${url}/_matrix/push/v1/notify"}}'

  curl -H "Authorization: Bearer $BOB" ${api}/createRoom -d '{"name":"Test room","invite":["@${alice}:${serverName}"]}'

The notifications of that pusher:

  curl -H "Authorization: Bearer $ALICE" ${url}/_belfry/v1/inbox/${alice}s-phone

See README.md for the next steps. Ctrl-C stops the server.`
}

/** `name`, or if an earlier start has registered it, `name2`, `name3`, … */
async function freeName(api: string, name: string): Promise<string> {
  for (let n = 1; n < 100; n++) {
    const candidate = n === 1 ? name : `${name}${n}`
    const { status } = await fetch(`${api}/register/available?username=${candidate}`)
    // Only "taken" is handled here. The operator sees any other error when they register.
    if (status !== 400) return candidate
  }
  return name
}
