# The sentences of a document that name a status of HTTP: each of them promises what a request gets.
package Claims;
use strict;
use warnings;
use parent 'Exporter';

our @EXPORT = qw(document claims_of statuses_in);

# The statuses that httpd, these modules or a backend of the documents send; other numbers are none.
my %is_status = map { $_ => 1 } 101, 103, 200, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405, 413, 426,
  429, 499, 500 .. 504;

# A file of the repository
sub document { local (@ARGV, $/) = "$ENV{UPGRADE_TEST_TOP}/$_[0]"; return scalar <> }

# The statuses that a sentence names, each once. What is code and does not begin with a status has none: it
# may be a directive with a number, or a status line of an example. Nor has a title in a link.
sub statuses_in {
    my ($sentence) = @_;
    my $words = $sentence =~ s/`(\d{3}\b)?[^`]*`/$1 \/\/ ''/gre =~ s/\[[^\]]*\]\([^)]*\)//gr;
    my %named = map { $_ => 1 } grep { $is_status{$_} } $words =~ m{(?<![\w.,:/%-])(\d{3})(?![\w%]|[.,:]\d)}g;
    return sort keys %named;
}

# Paragraphs, items of lists and rows of tables, each on one line, without what is code.
sub _blocks {
    my ($markdown) = @_;
    my $text = $markdown =~ s/^```.*?^```$//gmsr =~ s/^    .*$//gmr;
    return map { s/\s+/ /gr =~ s/^ | $//gr } split /\n\s*\n|\n(?=[|#-]|\d+\. )|(?<=\|)\n/, $text;
}

# { heading, sentence, statuses }, in order
sub claims_of {
    my ($markdown) = @_;
    my ($heading, @claims) = ('');
    for my $block (_blocks($markdown)) {
        if ($block =~ /^#+ (.*)/) { $heading = $1; next }
        # Behind an abbreviation a sentence goes on with a small letter.
        my @sentences = $block =~ /^\|/ ? $block : split /(?<=\.) (?=[A-Z`*(])|(?<=\.\)) /, $block;
        for my $sentence (@sentences) {
            my @statuses = statuses_in($sentence) or next;
            push @claims, { heading => $heading, sentence => $sentence, statuses => \@statuses };
        }
    }
    return @claims;
}

1;
