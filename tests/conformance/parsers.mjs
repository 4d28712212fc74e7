// Read every feed in the folder argv[2] with each parser from npm, and print what they found as JSON:
// {parser: {file: [item, …]}}. An item has the fields that the parser offers, under one name each.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseFeed as rowan } from '@rowanmanning/feed-parser'
import { extractFromJson, extractFromXml } from '@extractus/feed-extractor'
import FeedParser from 'feedparser'
import { parseFeed as feedsmith } from 'feedsmith'
import { parseFeed as htmlparser2 } from 'htmlparser2'
import RssParser from 'rss-parser'

const FeedMe = createRequire(import.meta.url)('feedme')
const list = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value])
const alternate = (links) => list(links).find((link) => (link.rel ?? 'alternate') === 'alternate')?.href

const PARSERS = {
  async 'rss-parser'(text, kind) {
    if (kind === 'json') return undefined
    const feed = await new RssParser().parseString(text)
    return feed.items.map((item) => ({
      id: kind === 'rss' ? item.guid : item.id,
      url: item.link,
      title: item.title,
      summary: kind === 'rss' ? item.content : item.summary,
      ...(kind === 'rss' ? { labels: list(item.categories).map((found) => found._) } : {}),
      content: kind === 'rss' ? item['content:encoded'] : item.content,
      author: kind === 'rss' ? item.creator : item.author,
      published: item.isoDate,
    }))
  },
  async feedsmith(text, kind) {
    const { format, feed } = feedsmith(text)
    if (format !== kind) throw new Error(`${format} instead of ${kind}`)
    const pictures = (media) =>
      list(media?.contents).map((image) => ({
        url: image.url,
        type: image.type,
        length: image.fileSize,
        width: image.width,
        height: image.height,
        caption: image.description?.value,
      }))
    if (kind === 'rss') {
      return list(feed.items).map((item) => ({
        id: item.guid.value,
        url: item.link,
        title: item.title,
        summary: item.description,
        content: item.content?.encoded,
        author: item.dc.creators[0],
        publisher: item.dc.publishers[0],
        published: item.pubDate,
        updated: item.atom.updated,
        labels: list(item.categories).map((found) => found.name),
        images: pictures(item.media),
      }))
    }
    if (kind === 'atom') {
      return list(feed.items ?? feed.entries).map((item) => ({
        id: item.id,
        url: alternate(item.links),
        title: item.title.value,
        summary: item.summary.value,
        content: item.content?.value,
        author: item.authors[0].name,
        published: item.published,
        updated: item.updated,
        labels: list(item.categories).map((found) => found.label),
        terms: list(item.categories).map((found) => found.term),
        enclosures: list(item.links).filter((link) => link.rel === 'enclosure').map((link) => link.href),
        images: pictures(item.media),
      }))
    }
    return list(feed.items).map((item) => ({
      id: item.id,
      url: item.url,
      title: item.title,
      summary: item.summary,
      content: item.content_html,
      author: item.authors[0].name,
      published: item.date_published,
      updated: item.date_modified,
      labels: list(item.tags),
      language: item.language,
      enclosures: list(item.attachments).map((found) => found.url),
    }))
  },
  async '@rowanmanning/feed-parser'(text, kind) {
    if (kind === 'json') return undefined
    return rowan(text).items.map((item) => ({
      id: item.id,
      url: item.url,
      title: item.title,
      summary: item.description,
      content: item.content,
      author: item.authors[0].name,
      published: item.published,
      ...(kind === 'atom' ? { updated: item.updated } : {}),
      labels: item.categories.map((found) => found.label),
    }))
  },
  async feedme(text, kind) {
    const parser = new FeedMe(true)
    const finished = new Promise((resolve, reject) => parser.on('finish', resolve).on('error', reject))
    parser.end(text)
    await finished
    const items = list(parser.done().items)
    if (kind === 'rss') {
      return items.map((item) => ({
        id: item.guid.text,
        url: item.link,
        title: item.title,
        summary: item.description,
        content: item['content:encoded'],
        author: item['dc:creator'],
        published: item.pubdate,
        updated: item['atom:updated'],
        labels: list(item.category).map((found) => found.text),
      }))
    }
    if (kind === 'atom') {
      return items.map((item) => ({
        id: item.id,
        url: alternate(item.link),
        title: item.title,
        summary: item.summary,
        content: item.content?.text ?? item.content,
        author: item.author.name,
        published: item.published,
        updated: item.updated,
        labels: list(item.category).map((found) => found.label),
        terms: list(item.category).map((found) => found.term),
      }))
    }
    return items.map((item) => ({
      id: item.id,
      url: item.url,
      title: item.title,
      summary: item.summary,
      content: item.content_html,
      author: item.authors[0].name,
      published: item.date_published,
      updated: item.date_modified,
      labels: item.tags,
    }))
  },
  async feedparser(text, kind) {
    if (kind === 'json') return undefined
    const parser = new FeedParser({})
    const items = []
    await new Promise((resolve, reject) => {
      parser.on('error', reject).on('end', resolve)
      parser.on('readable', () => {
        for (let item = parser.read(); item; item = parser.read()) items.push(item)
      })
      parser.end(text)
    })
    return items.map((item) => ({
      id: item.guid,
      url: item.link,
      strippedTitle: item.title,
      summary: item.summary ?? item.description,
      content: item.description,
      author: item.author,
      published: item.pubdate,
      ...(kind === 'atom' ? { updated: item.date } : {}),
      [kind === 'rss' ? 'labels' : 'terms']: item.categories,
    }))
  },
  async '@extractus/feed-extractor'(text, kind) {
    const options = { descriptionMaxLen: 0, useISODateFormat: true }
    const feed = kind === 'json' ? extractFromJson(JSON.parse(text), options) : extractFromXml(text, options)
    return feed.entries.map((item) => ({
      id: item.id,
      url: item.link,
      title: item.title,
      [kind === 'atom' ? 'updated' : 'published']: item.published,
    }))
  },
  async htmlparser2(text, kind) {
    if (kind === 'json') return undefined
    return htmlparser2(text).items.map((item) => ({
      id: item.id,
      url: item.link,
      title: item.title,
      summary: item.description,
      [kind === 'atom' ? 'updated' : 'published']: item.pubDate,
    }))
  },
}

const found = Object.fromEntries(Object.keys(PARSERS).map((name) => [name, {}]))
for (const file of readdirSync(process.argv[2]).sort()) {
  const kind = file.split('.').at(-1)
  if (!['rss', 'atom', 'json'].includes(kind)) continue
  const text = readFileSync(join(process.argv[2], file), 'utf8')
  for (const [name, parse] of Object.entries(PARSERS)) {
    try {
      found[name][file] = await parse(text, kind)
    } catch (error) {
      found[name][file] = { error: `${error.stack}` }
    }
  }
}
process.stdout.write(JSON.stringify(found))
