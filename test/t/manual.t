# The manual and the README: httpd accepts what they show, the defaults and contexts of directives are those
# that they state.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;

my $top = $ENV{UPGRADE_TEST_TOP};
my $server = Server->new(helper => 1, modules => [qw(authz_core authz_host alias dir headers http2 proxy
    proxy_http remoteip setenvif ssl socache_shmcb)]);

sub text_of { local (@ARGV, $/) = "$top/$_[0]"; return scalar <> }

# Whether httpd -t accepts it, and what it says
sub accepts {
    my ($text) = @_;
    my ($status, $output) = $server->configure($text)->httpd('-t');
    return ($status == 0 && $output =~ /^Syntax OK$/m, $output);
}

my %around = (
    'server config' => sub { $_[0] },
    'virtual host' => sub { "<VirtualHost *:1>\n$_[0]\n</VirtualHost>" },
    'directory' => sub { "<Location /x>\n$_[0]\n</Location>" },
);

# ---- the sections of directives

my $manual = text_of('mod_upgrade_required/manual.md');
my (%sections, @examples);
{
    my $heading = '';
    while ($manual =~ /^(?:##+ ([^\n]+)|```apache\n(.*?)^```|- (Syntax|Default|Context): ([^\n]+))$/gms) {
        if (defined $1) { $heading = $1 }
        elsif (defined $2) { push @examples, [$heading, $2] }
        else { $sections{$heading}{$3} = $4 }
    }
}

my (undef, $listed) = $server->configure('')->httpd('-L');
my %allowed = $listed =~ /^(Upgrade\w+) \(.*\n(?:\t(?!Allowed).*\n)*((?:\t.*\n)+)/gm;
cmp_ok scalar keys %allowed, '>', 1, 'httpd lists the directives';

for my $directive (sort keys %allowed) {
    my $section = $sections{$directive} || {};
    ok $section->{$_}, "$directive: $_" for qw(Syntax Default Context);
    my ($default) = ($section->{Default} // '') =~ /^`($directive [^`]+)`/;
    my ($value) = map { $_->[1] =~ /^\s*($directive .*)$/m } grep { $_->[0] eq $directive } @examples;
    ok $value, "$directive: has an example" or next;
    for my $context (sort keys %around) {
        my $stated = ($section->{Context} // '') =~ /\b\Q$context\E\b/;
        for my $line (grep { defined } $value, $default) {
            my ($accepted, $output) = accepts($around{$context}->($line));
            is !!$accepted, $stated, "$line: " . ($stated ? '' : 'not ') . "in $context" or diag $output;
        }
    }
    is scalar($allowed{$directive} =~ /\.htaccess/), scalar(($section->{Context} // '') =~ /\.htaccess/),
      "$directive: whether in .htaccess";
}

# ---- what is shown as a whole

sub blocks_of_readme {
    my @blocks = text_of('README.md') =~ /((?:^    [^\n]*\n|^\n(?=    ))+)/gm;
    # What is a command is not for httpd.conf.
    return grep { /^\s+(?:<\w+|Upgrade\w+) /m } map { s/^\s+httpd .*$//mr } @blocks;
}

my @whole = ((map { $_->[1] } @examples), blocks_of_readme());
cmp_ok @whole, '>', 1, 'there are examples';
for my $example (@whole) {
    my ($name) = $example =~ /(\S[^\n]*)/;
    my ($accepted, $output) = accepts($example);
    my $section = $output =~ /not allowed outside a section/;
    ($accepted, $output) = accepts($around{directory}->($example)) if $section;
    ok $accepted, "accepted: $name" or diag $example, $output;
}

# ---- the pages for a browser: every link in them leads somewhere

my $folder = "$server->{folder}/html";
is system("cd '$top' && build/html '$folder'"), 0, 'the pages are made';
my (%ids, @links);
for my $name (qw(index manual cookbook refused)) {
    my $html = do { local (@ARGV, $/) = "$folder/$name.html"; <> };
    $ids{"$name.html#$1"} = 1 while $html =~ /\bid="([^"]+)"/g;
    $ids{"$name.html"} = 1;
    unlike $html, qr{\w<em>|</em>\w|\\_}, "$name: names are whole";
    push @links, map { /^#/ ? "$name.html$_" : $_ } $html =~ /\bhref="(?!https?:)([^"]+)"/g;
}
cmp_ok @links, '>', 100, 'they have links';
is_deeply [grep { !$ids{$_} && !m{^\.\./} } @links], [], 'and each leads somewhere';

my $search = "(() => { const box = document.querySelector('input'); box.value = 'idle timeout tunnel';
    box.dispatchEvent(new Event('input'));
    return document.querySelector('#found a').getAttribute('href'); })()";
local $ENV{NODE_PATH} = "$top/build/out/node/node_modules";
open my $browser, '-|', 'node', "$FindBin::Bin/clients/node/browser.js", "file://$folder/index.html", $search
  or die $!;
is readline($browser), qq("manual.html#upgradetunnelidle"\n), 'the search finds a section';
close $browser;

done_testing;
