import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The contents of the code blocks in a language, such as `sh`. */
export const blocksIn = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  )

/** The blocks with commands of a document, by its path in the repository. */
export const shellBlocks = (file: string): string[] => blocksIn(readFileSync(`${ROOT}${file}`, 'utf8'), 'sh')

/**
 * The words of each `belfry` command in a block, without `belfry`, a comment and a redirection. Quotes are
 * not read.
 */
export const belfryLines = (block: string): string[][] =>
  block.split('\n').flatMap((line) => {
    const words = /^(?:bin\/)?belfry ([^#>]+)/.exec(line)?.[1]
    return words === undefined ? [] : [words.trim().split(/\s+/)]
  })
