// Validate every JSON Feed in the folder argv[2] against the schema of JSON Feed 1.1, and read every subscription list
// with feedsmith and opmlparser. Prints {schema: {file: [error, …]}, opml: {parser: {file: [url, …]}}}.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { parseOpml } from 'feedsmith'
import OpmlParser from 'opmlparser'

const require = createRequire(import.meta.url)
const schema = require('jsonfeed-schema/schema-v1.1.json')
const ajv = new Ajv({ allErrors: true, strict: false })
addFormats.default(ajv)
const isValid = ajv.compile(schema)

const urls = (outlines) => (outlines ?? []).flatMap((item) => [...(item.xmlUrl ? [item.xmlUrl] : []), ...urls(item.outlines)])
const found = { schema: {}, opml: { feedsmith: {}, opmlparser: {} } }
for (const file of readdirSync(process.argv[2]).sort()) {
  const text = readFileSync(join(process.argv[2], file), 'utf8')
  if (file.endsWith('.json')) {
    isValid(JSON.parse(text))
    found.schema[file] = (isValid.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
  } else if (file.endsWith('.opml')) {
    found.opml.feedsmith[file] = urls(parseOpml(text).body.outlines)
    const parser = new OpmlParser()
    const read = []
    await new Promise((resolve, reject) => {
      parser.on('error', reject).on('end', resolve)
      parser.on('readable', () => {
        for (let item = parser.read(); item; item = parser.read()) if (item.xmlurl ?? item.xmlUrl) read.push(item.xmlurl ?? item.xmlUrl)
      })
      parser.end(text)
    })
    found.opml.opmlparser[file] = read
  }
}
process.stdout.write(JSON.stringify(found))
