// Compiles src/ for the npm package: `npm run build`. Plain JavaScript that Node 20 can run.
// `node scripts/build.mjs [--unchecked] [folder]`: the folder is dist/ without one; --unchecked does not check types.
import { cpSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, compilePushRules, writeManual } from './build-push-rules.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const args = process.argv.slice(2)
const folder = resolve(args.find((argument) => !argument.startsWith('-')) ?? join(root, 'dist'))
const options = { unchecked: args.includes('--unchecked') }

// A file whose source was removed would stay in the package.
rmSync(folder, { recursive: true, force: true })
for (const project of ['tsconfig.build.json', 'src/console/page/tsconfig.build.json'])
  compile(project, folder, options)
// The entry point belfry/push-rules, with types.
const library = join(folder, 'push-rules')
compilePushRules({ esm: library, cjs: join(library, 'cjs') }, options)
writeManual(join(library, 'README.md'), 'belfry/push-rules')
// What the program reads besides code.
for (const path of [
  'console/page/style.css',
  'console/page/icon.svg',
  'console/words',
  'language/catalogues',
])
  cpSync(join(root, 'src', path), join(folder, path), { recursive: true })
