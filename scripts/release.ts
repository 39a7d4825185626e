import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type NextRelease, releaseFaults, writeVersion } from './release/next-release.ts'

// Prepares a release: `npm run release -- 0.2.0` (CONTRIBUTING.md, "Release"). It neither commits nor
// publishes. With `--dry-run` it works in a copy.

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const USAGE = 'usage: npm run release -- VERSION [--dry-run] [--out FOLDER]'

type Command = { name: string; args: readonly string[]; env?: NodeJS.ProcessEnv }

/** Runs a command in a folder and shows its output. */
function run(folder: string, { name, args, env = {} }: Command): void {
  execFileSync(name, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

const outputOf = (folder: string, name: string, args: readonly string[]): string =>
  execFileSync(name, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** The committed files in a new folder, with the packages of this checkout. */
function copyOfCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-release-'))
  execFileSync('tar', ['--extract', '--directory', folder], {
    input: execFileSync('git', ['archive', 'HEAD'], { cwd: ROOT, maxBuffer: 1024 * 1024 * 1024 }),
  })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Adds the database of this version to the upgrade tests, and opens it as they do. */
function addDatabase(folder: string, version: string): void {
  const runner = ['--import=./test/support/resolve-imports.ts', '--test']
  const setup = '--test-global-setup=test/support/global-setup.ts'
  const args = [...runner, setup, 'test/journeys/upgrade-releases.test.ts']
  // Without the variable, the test runner of a test that calls this script would take part.
  const env = { NODE_TEST_CONTEXT: undefined }
  const written = join(folder, 'test/vectors/releases', version)
  rmSync(written, { recursive: true, force: true })
  run(folder, { name: process.execPath, args, env: { ...env, WRITE_RELEASE: '1' } })
  for (const file of ['sqlite.gz', 'sqlite.json.gz', 'postgres.gz', 'postgres.json.gz'])
    if (!existsSync(join(written, file)))
      throw new Error(
        `${file} of ${version} was not written: install PostgreSQL with pg_dump (Debian: postgresql)`,
      )
  run(folder, { name: process.execPath, args, env })
}

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>

/** The packages that are installed with Belfry, as CycloneDX. */
function billOfMaterials(folder: string): string {
  // npm takes the name of the folder for that of the package, and `--omit dev` also omits what dependencies
  // share with development dependencies.
  const named = join(mkdtempSync(join(tmpdir(), 'belfry-bill-')), 'belfry')
  mkdirSync(named)
  try {
    const { devDependencies: _, ...manifest } = readJson(join(folder, 'package.json'))
    const lock = readJson(join(folder, 'package-lock.json')) as {
      packages: Record<string, { dev?: boolean }>
    }
    const packages = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true)
    writeFileSync(join(named, 'package.json'), JSON.stringify(manifest))
    const used = { ...lock, packages: { ...Object.fromEntries(packages), '': manifest } }
    writeFileSync(join(named, 'package-lock.json'), JSON.stringify(used))
    return outputOf(named, 'npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--offline'])
  } finally {
    rmSync(dirname(named), { recursive: true })
  }
}

/** Packs both packages, and writes the bill of materials and the checksums. Returns the names of the files. */
function writeFiles(folder: string, out: string, version: string): string[] {
  for (const source of [folder, join(folder, 'packages/push-rules')])
    run(source, { name: 'npm', args: ['pack', '--offline', '--loglevel=error', '--pack-destination', out] })
  writeFileSync(join(out, `belfry-${version}.cdx.json`), billOfMaterials(folder))
  const files = readdirSync(out).toSorted()
  const sums = files.map((file) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(out, file)))
      .digest('hex')
    return `${sum}  ${file}\n`
  })
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  return [...files, 'SHA256SUMS']
}

function prepare(folder: string, release: NextRelease, out: string): string[] {
  writeVersion(folder, release)
  addDatabase(folder, release.version)
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  return writeFiles(folder, out, release.version)
}

/** What is left to do by hand. */
const nextSteps = (version: string, out: string) => `
Read the diff, then:

  git add --all && git commit --message 'Release ${version}' && git tag v${version}
  npm publish ${out}/belfry-${version}.tgz
  npm publish ${out}/belfry-push-rules-${version}.tgz`

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean' }, out: { type: 'string' } },
  })
  const [version, ...more] = positionals
  if (version === undefined || more.length > 0) {
    console.error(USAGE)
    return 2
  }
  const faults = releaseFaults(ROOT, version)
  if (outputOf(ROOT, 'git', ['status', '--porcelain']) !== '')
    faults.push('the checkout has changes that are not committed: git status shows them')
  if (faults.length > 0) {
    for (const fault of faults) console.error(`release: ${fault}`)
    return 1
  }
  const isDry = values['dry-run'] === true
  const out = resolve(values.out ?? join(ROOT, 'release', version))
  const folder = isDry ? copyOfCheckout() : ROOT
  try {
    const date = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length)
    const files = prepare(folder, { version, date }, out)
    console.log(`\nIn ${out}:`)
    for (const file of files) console.log(`  ${String(statSync(join(out, file)).size).padStart(9)}  ${file}`)
    console.log(isDry ? '\nThis was a dry run: the checkout is as before.' : nextSteps(version, out))
    return 0
  } finally {
    if (isDry) rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = main()
