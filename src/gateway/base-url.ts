import { z } from 'zod'

const isHttpUrl = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

/** Where a provider is reached instead of its public address: a relay of one's own, or a test. */
export const baseUrl = z.string().refine(isHttpUrl, 'must be an http(s) URL')

/** The path of a base URL, without a slash at its end. */
export const pathPrefix = (url: URL) => url.pathname.replace(/\/+$/, '')
