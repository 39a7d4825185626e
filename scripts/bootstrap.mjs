// The entry point of npm start, npm test, npm run test:clients, bench, soak and fuzz. It installs packages
// that are missing or out of date, then starts the task with the Node from the packages. Plain JavaScript
// that Node 20 can run, and it imports nothing from packages.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const cache = join(modules, '.cache', 'belfry')
const stamp = join(cache, 'package-lock.sha256')
const lockFile = join(root, 'package-lock.json')

const [task = '', ...args] = process.argv.slice(2)
const PARENT_CHECK_MS = 200
/** More than cores, because many tests wait for another process, a timer or the disk. */
const TEST_PROCESSES = availableParallelism() + 2
const NO_WARNINGS = '--disable-warning=ExperimentalWarning'

const tasks = {
  start: () => ['bin/belfry', 'start', ...args],
  test: async () => [
    // Also loaded before each test file.
    '--import=./test/support/preload.ts',
    '--test',
    `--test-concurrency=${TEST_PROCESSES}`,
    '--test-global-setup=test/support/global-setup.ts',
    // Of each test: one that waits for something that never happens fails.
    '--test-timeout=300000',
    ...(await testArguments()),
  ],
  'test:clients': () => ['test/clients/main.ts', ...args],
  bench: () => ['bench/main.ts', ...args],
  soak: () => ['test/soak/main.ts', ...args],
  fuzz: () => ['test/fuzz/main.ts', ...args],
}

async function main() {
  const command = Object.hasOwn(tasks, task) ? tasks[task] : undefined
  if (command === undefined) {
    console.error(`usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`)
    return 2
  }
  if (!isInstalled()) {
    const code = await install()
    if (code !== 0) return code
  }
  const env = { ...process.env }
  if (task !== 'start') env.NODE_COMPILE_CACHE ??= join(cache, 'compile')
  // `test/support/bundle-belfry.ts`.
  if (task === 'test' && !args.some(isFile)) env.TEST_BUNDLE = '1'
  return run(nodeToUse(), [NO_WARNINGS, ...(await command())], env)
}

function isInstalled() {
  const installed = join(modules, '.package-lock.json')
  if (!existsSync(installed)) return false
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === lockHash()
  // Installed without this script. npm writes this file last, so a newer one means a finished installation of
  // this lock file.
  if (statSync(installed).mtimeMs < statSync(lockFile).mtimeMs) return false
  writeStamp()
  return true
}

async function install() {
  console.error('Installing packages (this happens once) …')
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const code =
    npm === undefined
      ? await run('npm', options, process.env)
      : await run(process.execPath, [npm, ...options], process.env)
  if (code === 0) writeStamp()
  else console.error('npm could not install the packages; its message is above')
  return code
}

function writeStamp() {
  mkdirSync(cache, { recursive: true })
  writeFileSync(stamp, lockHash())
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex')
}

function nodeToUse() {
  const own = join(modules, '.bin', 'node')
  return existsSync(own) ? own : process.execPath
}

const isFile = (argument) => !argument.startsWith('-')

/** File names replace the batches of all files. Options of `node --test` are passed in both cases. */
async function testArguments() {
  if (args.some(isFile)) return args
  const { writeBatches } = await import('./test-batches.mjs')
  return [...args, writeBatches(root, join(root, '.cache', 'test-batches'), TEST_PROCESSES)]
}

/** Resolves with the exit code. Passes signals on to the child, so that a supervisor can stop the server. */
function run(file, commandArguments, env) {
  return new Promise((resolve) => {
    const child = spawn(file, commandArguments, { cwd: root, stdio: 'inherit', env })
    const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP'].map((signal) => [signal, () => child.kill(signal)])
    for (const [signal, listener] of forwarded) process.on(signal, listener)
    // npm runs this script in a shell. A signal to npm ends the shell and does not reach this process.
    const parent = process.ppid
    const orphaned = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(orphaned)
      child.kill('SIGTERM')
    }, PARENT_CHECK_MS)
    const finish = (code) => {
      clearInterval(orphaned)
      for (const [signal, listener] of forwarded) process.off(signal, listener)
      resolve(code)
    }
    child.on('error', (error) => {
      console.error(`cannot run ${file}: ${error.message}`)
      finish(1)
    })
    child.on('exit', (code, signal) => finish(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

process.exitCode = await main()
