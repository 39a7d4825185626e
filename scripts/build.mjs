// Compiles src/ for the npm package: `npm run build`. Plain JavaScript that Node 20 can run.
// `node scripts/build.mjs [--unchecked] [folder]`: the folder is dist/ without one; --unchecked neither checks types nor writes them.
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const args = process.argv.slice(2)
const folder = resolve(args.find((argument) => !argument.startsWith('-')) ?? join(root, 'dist'))
const options = args.includes('--unchecked') ? ['--noCheck', '--declaration', 'false'] : []

// A file whose source was removed would stay in the package.
rmSync(folder, { recursive: true, force: true })
for (const project of ['tsconfig.build.json', 'src/console/page/tsconfig.build.json'])
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '--project', project, '--outDir', folder, ...options],
    { cwd: root, stdio: 'inherit' },
  )
// What the program reads besides code.
for (const path of [
  'console/page/style.css',
  'console/page/icon.svg',
  'console/words',
  'language/catalogues',
])
  cpSync(join(root, 'src', path), join(folder, path), { recursive: true })
