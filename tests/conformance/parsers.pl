# Read every RSS and Atom file in the folder given with XML::Feed, and print what it found as JSON: {file: [item, …]}.
use strict;
use warnings;
use JSON::PP;
use XML::Feed;

sub text {
    my ($value) = @_;
    utf8::decode($value) if defined $value && !utf8::is_utf8($value);
    return $value;
}

my %found;
for my $path (glob("$ARGV[0]/*.rss $ARGV[0]/*.atom")) {
    my ($name) = $path =~ m{([^/]+)$};
    my $feed = XML::Feed->parse($path);
    if (!$feed) { $found{$name} = { error => XML::Feed->errstr }; next }
    $found{$name} = [
        map {
            {
                id        => text($_->id),
                url       => text($_->link),
                title     => text($_->title),
                summary   => text($_->summary->body),
                content   => text($_->content->body),
                author    => text($_->author),
                published => $_->issued->strftime('%Y-%m-%dT%H:%M:%S%z'),
                updated   => $_->modified->strftime('%Y-%m-%dT%H:%M:%S%z'),
                labels    => [ map { text($_) } $_->category ],
            }
        } $feed->entries
    ];
}
print JSON::PP->new->utf8->encode(\%found);
