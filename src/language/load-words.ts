import { readFile } from 'node:fs/promises'
import { BoundedMap } from '../lib/bounded-map.ts'
import { type Choice, chooseLanguage } from './choose.ts'
import type { Domain, DOMAINS } from './domains.ts'
import type { Language } from './languages.ts'
import type { Catalogue, Words } from './words.ts'

export type WordsOf<D extends Domain> = Words<(typeof DOMAINS)[D]>

/**
 * The words of a domain for the first of the tags that has a language. `tags`: of a pusher or a request,
 * possibly nonsense.
 */
export type LoadWords = <D extends Domain>(domain: D, tags: readonly string[]) => Promise<WordsOf<D>>

/** Locales that `Intl` knows and that have one of Belfry's languages: fewer than 300, in each domain. */
const MAX_WORDS = 1000
const MAX_CHOICES = 1000

/** The folder of the catalogues. `npm run build` copies it. */
const CATALOGUES = new URL('./catalogues/', import.meta.url)

/** The file of a catalogue, which a browser can parse with `parseCatalogue`. */
export const catalogueFile = (domain: Domain, language: Language): URL =>
  new URL(`${domain}/${language}.ftl`, CATALOGUES)

/**
 * Loads words when they are first needed, so that a start reads no catalogue. A catalogue is read and parsed
 * once, and the words of each locale are created once. `fallback`: the setting `language`.
 */
export function createLoadWords(fallback: Language): LoadWords {
  const catalogues = new Map<string, Promise<Catalogue>>()
  const words = new BoundedMap<string, Promise<Words<never>>>({ limit: MAX_WORDS })
  const choices = new BoundedMap<string, Choice>({ limit: MAX_CHOICES })

  function choiceOf(tags: readonly string[]): Choice {
    const key = tags.join()
    const known = choices.get(key)
    if (known !== undefined) return known
    const choice = chooseLanguage(tags, fallback)
    choices.set(key, choice)
    return choice
  }

  function catalogueOf(domain: Domain, language: Language): Promise<Catalogue> {
    const key = `${domain} ${language}`
    const loading = catalogues.get(key) ?? loadCatalogue(domain, language)
    catalogues.set(key, loading)
    // A file that cannot be read is tried again.
    loading.catch(() => catalogues.delete(key))
    return loading
  }

  return <D extends Domain>(domain: D, tags: readonly string[]) => {
    const choice = choiceOf(tags)
    const key = `${domain} ${choice.language} ${choice.locale}`
    const loading = words.get(key) ?? load(domain, choice)
    words.set(key, loading)
    loading.catch(() => words.delete(key))
    return loading as unknown as Promise<WordsOf<D>>
  }

  async function load(domain: Domain, choice: Choice): Promise<Words<never>> {
    const [{ createWords }, catalogue] = await Promise.all([
      import('./words.ts'),
      catalogueOf(domain, choice.language),
    ])
    return createWords(choice, catalogue)
  }
}

async function loadCatalogue(domain: Domain, language: Language): Promise<Catalogue> {
  const [{ parseCatalogue }, source] = await Promise.all([
    import('./words.ts'),
    readFile(catalogueFile(domain, language), 'utf8'),
  ])
  return parseCatalogue(source)
}
