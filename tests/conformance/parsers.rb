# Read every RSS and Atom file in the folder ARGV[0] with Ruby's validating parser, which raises where the standard is
# broken, and print what it found as JSON: {file: [item, …]}.
require "json"
require "rss"

def read_rss(item)
  {
    id: item.guid.content,
    url: item.link,
    title: item.title,
    summary: item.description,
    content: item.content_encoded,
    author: item.dc_creator,
    published: item.pubDate.iso8601,
    labels: item.categories.map(&:content)
  }
end

def read_atom(item)
  {
    id: item.id.content,
    url: item.links.find { |link| link.rel == "alternate" }.href,
    title: item.title.content,
    summary: item.summary.content,
    content: item.content&.content,
    author: item.author.name.content,
    published: item.published.content.iso8601,
    updated: item.updated.content.iso8601,
    labels: item.categories.map(&:label),
    terms: item.categories.map(&:term),
    enclosures: item.links.select { |link| link.rel == "enclosure" }.map(&:href)
  }
end

found = Dir.children(ARGV[0]).select { |name| name.end_with?(".rss", ".atom") }.sort.to_h do |name|
  feed = RSS::Parser.parse(File.read(File.join(ARGV[0], name), encoding: "UTF-8"), validate: true)
  [name, feed.items.map { |item| name.end_with?(".rss") ? read_rss(item) : read_atom(item) }]
rescue StandardError => e
  [name, { error: "#{e.class}: #{e.message}" }]
end
puts JSON.generate(found)
