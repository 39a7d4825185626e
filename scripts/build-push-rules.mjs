// Makes the package belfry-push-rules from src/push-rules/: as ES modules and as CommonJS, each with its
// types. `node scripts/build-push-rules.mjs [--unchecked] [folder]`: the folder is packages/push-rules
// without one; --unchecked does not check types.
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const home = join(root, 'packages/push-rules')

/** Runs the compiler of the checkout. `unchecked`: without checking types. */
export function compile(project, folder, { unchecked }) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['--project', project, '--outDir', folder, ...(unchecked ? ['--noCheck'] : [])]
  execFileSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'inherit' })
}

/** Writes the library with its types in both formats. `esm` and `cjs`: the folders. */
export function compilePushRules({ esm, cjs }, options) {
  compile(join(home, 'tsconfig.json'), esm, options)
  compile(join(home, 'tsconfig.cjs.json'), cjs, options)
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
  // The compiler writes the names of the sources into declarations, and only those of compiled files into code.
  for (const folder of [esm, cjs])
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.d.ts'))) {
      const file = join(folder, name)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(['"]\.\/[\w-]+)\.ts(['"])/g, '$1.js$2'))
    }
}

/** The manual of the library, for the entry point `name` of another package, such as belfry/push-rules. */
export function writeManual(file, name) {
  const manual = readFileSync(join(home, 'README.md'), 'utf8')
  const [owner] = name.split('/')
  const installed = manual.replace('npm install belfry-push-rules', `npm install ${owner}`)
  writeFileSync(file, installed.replaceAll('belfry-push-rules', name))
}

function buildPackage(folder, options) {
  const dist = join(folder, 'dist')
  // A file whose source was removed would stay in the package.
  rmSync(dist, { recursive: true, force: true })
  compilePushRules({ esm: join(dist, 'esm'), cjs: join(dist, 'cjs') }, options)
  if (folder !== home)
    for (const name of ['package.json', 'README.md']) cpSync(join(home, name), join(folder, name))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2)
  const folder = args.find((argument) => !argument.startsWith('-'))
  buildPackage(resolve(folder ?? home), { unchecked: args.includes('--unchecked') })
}
