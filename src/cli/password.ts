import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ConfigError } from '../config/config-error.ts'

const MAX_BYTES = 4096

/** Reads a password twice from the terminal, without echo; or from the first line of a pipe or file. */
export async function readPassword(input: NodeJS.ReadStream, prompt: string): Promise<string> {
  if (!input.isTTY) return firstLine(input)
  const password = await ask(input, prompt)
  if ((await ask(input, 'Once more: ')) !== password) throw new ConfigError('the two passwords are different')
  return password
}

function ask(input: NodeJS.ReadStream, prompt: string): Promise<string> {
  // Readline echoes to its output, so that output discards everything. The prompt goes to stderr to keep stdout
  // clean.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(prompt)
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      lines.removeAllListeners('close')
      lines.close()
      process.stderr.write('\n')
      settle()
    }
    const giveUp = () => finish(() => reject(new ConfigError('no password given')))
    lines.once('line', (line) => finish(() => resolve(line)))
    lines.once('SIGINT', giveUp)
    lines.once('close', giveUp)
  })
}

async function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (bytes.includes(0x0a) || size > MAX_BYTES) break
  }
  const [line = ''] = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)
  if (Buffer.byteLength(line) > MAX_BYTES)
    throw new ConfigError(`the password is longer than ${MAX_BYTES} bytes`)
  return line
}
