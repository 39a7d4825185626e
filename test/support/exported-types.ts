import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The files of `src/` that declare and export each type. A re-export declares nothing. */
export function exportedTypes(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const file of globSync('src/**/*.ts', { cwd: root }).toSorted())
    for (const [, name = ''] of readFileSync(`${root}${file}`, 'utf8').matchAll(
      /^export (?:type|interface|class) (\w+)/gm,
    ))
      found.set(name, [...(found.get(name) ?? []), file])
  return found
}
