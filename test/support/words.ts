import { createLoadWords } from '../../src/language/load-words.ts'

/** Words of the catalogues; English for tags without a language. */
export const wordsOf = createLoadWords('en')
