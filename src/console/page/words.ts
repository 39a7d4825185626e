import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle'

// All words of the console are in catalogues (`src/console/words/`), one for each language. The browser loads one of them.

const FALLBACK = 'en'
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur'])
const CHOSEN = 'belfry.language'

let bundle = new FluentBundle(FALLBACK)

/** Loads the catalogue of the chosen language, or of the first language of the browser that has one. @throws Error if it cannot be loaded */
export async function loadWords(): Promise<void> {
  const text = document.querySelector('meta[name=belfry-words]')?.getAttribute('content') ?? '{}'
  const urls = JSON.parse(text) as Record<string, string>
  const language = languageFor(
    [localStorage.getItem(CHOSEN) ?? '', ...navigator.languages],
    Object.keys(urls),
  )
  const response = await fetch(urls[language] ?? '')
  if (!response.ok) throw new Error(`the words of the console: status ${response.status}`)
  const loaded = new FluentBundle(language)
  loaded.addResource(new FluentResource(await response.text()))
  bundle = loaded
  document.documentElement.lang = language
  document.documentElement.dir = RIGHT_TO_LEFT.has(language.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}

/** The language of the loaded catalogue, for `Intl`. */
export const language = (): string => bundle.locales[0] ?? FALLBACK

/**
 * The message with this key in the catalogue, with values for its parameters. Values are isolated, so that a name in another direction does not change
 * the order of the sentence.
 */
export function t(key: string, values?: Readonly<Record<string, FluentVariable>>): string {
  const pattern = bundle.getMessage(key)?.value
  return pattern === undefined || pattern === null ? key : bundle.formatPattern(pattern, values ?? null, [])
}

/** The message, or undefined if the catalogue does not have the key. For keys that follow from data of the server. */
export function maybe(key: string, values?: Readonly<Record<string, FluentVariable>>): string | undefined {
  return bundle.hasMessage(key) ? t(key, values) : undefined
}

/** RFC 4647, section 3.4 (lookup): `de-AT` finds `de`. */
export function languageFor(wanted: readonly string[], available: readonly string[]): string {
  for (const range of wanted) {
    for (let tag = range; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found = available.find((one) => one.toLowerCase() === tag.toLowerCase())
      if (found !== undefined) return found
    }
  }
  return FALLBACK
}
