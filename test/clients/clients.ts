import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { cpSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('./', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/belfry/clients/', import.meta.url))

/** A client in another language, with a program that uses it. */
export type Client = {
  name: string
  /** Programs that must be on the PATH. */
  needs: readonly string[]
  /** Installs or builds the program, which is quick when it was done before. Rejects if that fails. */
  prepare(): Promise<void>
  /** The command that runs the program. Its environment is described in the README of this folder. */
  command: readonly string[]
  env?: Readonly<Record<string, string>>
  /** The program starts a server with settings of its own. */
  startsServer?: boolean
}

export const clients: readonly Client[] = [
  {
    name: 'matrix-nio',
    needs: ['python3'],
    prepare: () => installPython('matrix-nio'),
    command: [pythonOf('matrix-nio'), join(sources, 'matrix-nio/encrypted_room.py')],
  },
  {
    name: 'matrix-bot-sdk',
    needs: ['npm'],
    prepare: () => installPackages('matrix-bot-sdk'),
    command: [process.execPath, join(cache, 'matrix-bot-sdk/bot.js')],
  },
  {
    name: 'mautrix-go',
    needs: ['go', 'gcc'],
    prepare: () =>
      run(['go', 'build', '-tags', 'goolm', '-o', join(cache, 'mautrix-go'), '.'], {
        cwd: join(sources, 'mautrix-go'),
      }),
    command: [join(cache, 'mautrix-go')],
  },
  {
    name: 'mautrix-python',
    needs: ['python3'],
    prepare: () => installPython('mautrix-python'),
    command: [pythonOf('mautrix-python'), join(sources, 'mautrix-python/bots.py')],
  },
  {
    name: 'element-x',
    needs: ['cargo', 'cc'],
    prepare: () =>
      run(['cargo', 'build', '--quiet'], {
        cwd: join(sources, 'element-x'),
        env: { CARGO_TARGET_DIR: join(cache, 'element-x') },
      }),
    command: [join(cache, 'element-x/debug/element-x')],
  },
  {
    name: 'hydrogen',
    needs: ['npm', 'firefox-esr'],
    async prepare() {
      await installPackages('hydrogen')
      await run(['npm', 'run', '--silent', 'build'], { cwd: join(cache, 'hydrogen') })
    },
    command: [process.execPath, join(sources, 'hydrogen/hydrogen.ts')],
    env: { BELFRY_CLIENT_BUILD: join(cache, 'hydrogen') },
    startsServer: true,
  },
]

function pythonOf(name: string): string {
  return join(cache, name, 'bin/python')
}

/** Installs the packages of a program in Python in an environment of its own. */
async function installPython(name: string): Promise<void> {
  const python = pythonOf(name)
  if (!existsSync(python)) await run(['python3', '-m', 'venv', join(cache, name)])
  const requirements = join(sources, name, 'requirements.txt')
  await run([python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
}

/** Copies a folder with a program in JavaScript to the cache, and installs its packages there. */
async function installPackages(name: string): Promise<void> {
  const folder = join(cache, name)
  cpSync(join(sources, name), folder, { recursive: true })
  await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
}

type RunOptions = {
  cwd?: string
  env?: Readonly<Record<string, string>>
  /** Milliseconds after which the program is killed; without limit by default. */
  timeout?: number
}

/** Runs a program with its output on that of this process. Rejects unless it ends with 0. */
export async function run([file = '', ...args]: readonly string[], options: RunOptions = {}): Promise<void> {
  const { env, ...rest } = options
  const child = spawn(file, args, {
    ...rest,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    killSignal: 'SIGKILL',
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? code}`)
}

/** The programs of `needs` that are not on the PATH. */
export function missingPrograms(needs: readonly string[]): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return needs.filter((name) => !folders.some((folder) => existsSync(join(folder, name))))
}
