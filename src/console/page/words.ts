import { chooseLanguage } from '../../language/choose.ts'
import { directionOf, type Language, LANGUAGES } from '../../language/languages.ts'
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle'

// All words of the console are in catalogues (`src/console/words/`), one for each language. The browser loads
// one of them.

/** The catalogue that has every word. */
const FALLBACK: Language = 'en'
const CHOSEN = 'belfry.language'

let bundle = new FluentBundle(FALLBACK)
/** The language of the loaded catalogue, with the region that the browser asks for: of dates and numbers. */
let locale: string = FALLBACK

/**
 * Loads the catalogue of the chosen language, or of the first language of the browser that has one. @throws
 * Error if it cannot be loaded
 */
export async function loadWords(): Promise<void> {
  const wanted = [localStorage.getItem(CHOSEN) ?? '', ...navigator.languages]
  const { language, locale: found } = chooseLanguage(wanted, FALLBACK)
  const response = await fetch(catalogues()[language] ?? '')
  if (!response.ok) throw new Error(`the words of the console: status ${response.status}`)
  const loaded = new FluentBundle(language)
  loaded.addResource(new FluentResource(await response.text()))
  bundle = loaded
  locale = found
  document.documentElement.lang = language
  document.documentElement.dir = directionOf(language)
}

/** The language of the loaded catalogue. */
export const language = (): string => bundle.locales[0] ?? FALLBACK

/** The same with its region, for `Intl`. */
export const currentLocale = (): string => locale

/**
 * The message with this key in the catalogue, with values for its parameters. Values are isolated, so that a
 * name in another direction does not change the order of the sentence.
 */
export function t(key: string, values?: Readonly<Record<string, FluentVariable>>): string {
  const pattern = bundle.getMessage(key)?.value
  return pattern === undefined || pattern === null ? key : bundle.formatPattern(pattern, values ?? null, [])
}

/** The message, or undefined if the catalogue does not have the key. For keys that follow from data of the server. */
export function maybe(key: string, values?: Readonly<Record<string, FluentVariable>>): string | undefined {
  return bundle.hasMessage(key) ? t(key, values) : undefined
}

/** The languages with a catalogue, each with its own name. */
export function languages(): (readonly [tag: string, name: string])[] {
  return LANGUAGES.map(
    (tag) => [tag, new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag] as const,
  ).toSorted(([, a], [, b]) => a.localeCompare(b))
}

/** Remembers the language in this browser, and draws the page again in it. */
export function keepLanguage(tag: string): void {
  localStorage.setItem(CHOSEN, tag)
  location.reload()
}

/** The URLs of the catalogues, by language. */
function catalogues(): Record<string, string> {
  const text = document.querySelector('meta[name=belfry-words]')?.getAttribute('content') ?? '{}'
  return JSON.parse(text) as Record<string, string>
}
