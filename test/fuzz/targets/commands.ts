import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import type { CommandContext } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { runCommand } from '../../../src/cli/main.ts'
import { settings } from '../../../src/config/settings.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { near, text } from '../values.ts'

const flags = [
  ...settings.flatMap(({ flag }) => (flag === undefined ? [] : [`--${flag}`])),
  '--json',
  '--url',
  '--token-file',
  '--user',
  '--limit',
  '--admin',
  '--',
]
const word = fc.oneof(
  fc.constantFrom(...flags),
  near('alice', '@alice:localhost', '!room:localhost', '$event', '7', '30d', 'http://127.0.0.1:1', 'Pixel 9'),
  fc.tuple(fc.constantFrom(...flags), text).map((pair) => pair.join('=')),
)

/** What a command says when its own code is wrong, and not what it was given. */
const INTERNAL =
  /Cannot read|is not a function|not iterable|undefined|\[object|URI malformed|Invalid time value|Maximum call stack/

/** A context in which nothing can be done: no server, no database, no network. */
function idleContext(said: string[]): CommandContext {
  const refuse = () => Promise.reject(new Error('nothing is done here'))
  const nothing = () => undefined
  const given: Partial<CommandContext> = {
    env: { BELFRY_TOKEN: 'blf_x' },
    stdin: Readable.from([Buffer.from('a-long-password')]) as unknown as NodeJS.ReadStream,
    complain: (line) => void said.push(line),
    isTerminal: false,
    drawOnTerminal: undefined,
    print: nothing,
    onOutputClosed: nothing,
    onSignal: nothing,
    onReload: nothing,
    onFault: nothing,
    exit: nothing,
  }
  // Whatever else a command calls does the work.
  const get = (target: object, name: string) => (name in target ? Reflect.get(target, name) : refuse)
  return new Proxy(given, { get: (target, name) => get(target, String(name)) }) as CommandContext
}

export const commandTargets = [
  fuzzTarget('commands', 'arguments of each command of belfry', {
    values: fc.tuple(fc.constantFrom(...Object.keys(COMMANDS)), fc.array(word, { maxLength: 4 })),
    async check([words, given]) {
      const said: string[] = []
      const code = await runCommand([...words.split(' '), ...given], idleContext(said))
      assert.ok([0, 1, 2].includes(code), `exit code ${code}`)
      assert.ok(code !== 2 || said.length > 0, 'the fault is not named')
      // An error repeats what it was given.
      if (INTERNAL.test(given.join(' '))) return
      for (const line of said) assert.doesNotMatch(line, INTERNAL)
    },
  }),
]
