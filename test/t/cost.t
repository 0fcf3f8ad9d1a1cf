# What many sections cost: twice as many may cost twice as much, at start, in the dump and in a probe.
# Instructions are counted (callgrind), so that no clock and nobody else on the machine decides.
use strict;
use warnings;
use Config;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Callgrind;
use Server;

use constant FEW   => 200;
use constant TIMES => 5;

# A probe of 10,000 sections is to take 20 milliseconds at most, with three instructions a nanosecond. With 32
# bits, half the registers and two instructions for a time or a counter, the same takes a fifth more.
use constant MOST_A_SECTION => $Config{ptrsize} >= 8 ? 6000 : 7200;

# Each policy is a finding too, and those of the two halves are unmet for different reasons.
sub policy {
    my ($i, $count) = @_;
    my $word = $i * 2 < $count ? 'HTTP/2' : 'TLS/1.3';
    return "UpgradeRequire $word\nUpgradeMode enforce from=2001-01-01T00:00:00Z\n";
}

sub section { my ($i, $inside) = @_; return "<Location /$i>\n$inside</Location>\n" }

my %shapes = (
    'sections of the server'     => sub { my ($i, $n) = @_; return section($i, policy($i, $n)) },
    'sections of a virtual host' => sub { my ($i, $n) = @_; return section($i, policy($i, $n)) },
    'sections in sections'       => sub {
        my ($i, $n) = @_;
        return section($i, "UpgradeGuide https://example.com/\n<If true>\n" . policy($i, $n) . "</If>\n");
    },
    'virtual hosts' => sub {
        my ($i, $n, $port) = @_;
        return "<VirtualHost *:$port>\nServerName host$i\n" . section($i, policy($i, $n))
            . "</VirtualHost>\n";
    },
);

# What a server costs that starts, answers a probe and ends.
sub serve {
    my ($server, $shape, $policies) = @_;
    return serving($server, sub {
        my $answer = $server->ask('GET /probe?format=json HTTP/1.0');
        my $reported = () = $answer->{body} =~ /"policy":/g;
        is $reported, $policies, "$shape: the probe reports each of its server's $policies policies";
    });
}

# What the dump costs.
sub dump_all {
    my ($server, $shape, $count) = @_;
    local $ENV{UPGRADE_TEST_UNDER} = counting($server);
    my ($status, $output) = $server->httpd('-t', '-D', 'DUMP_UPGRADE');
    my $rows = () = $output =~ /message to refused clients:/g;
    is $rows, $count, "$shape: the dump has each of $count policies";
    return profile_of($server);
}

sub costs {
    my ($shape, $count) = @_;
    my $server = Server->new(mpm => 'prefork');
    my $text   = '';
    $text .= $shapes{$shape}->($_, $count, $server->{port}) for 1 .. $count;
    $text = "<VirtualHost *:$server->{port}>\n$text</VirtualHost>\n"
      if $shape eq 'sections of a virtual host';
    $server->configure("<Location /probe>\nSetHandler upgrade-probe\n</Location>\nLogLevel error\n$text");
    my $served = serve($server, $shape, $shape eq 'virtual hosts' ? 1 : $count);
    return { %$served, ur_dump => dump_all($server, $shape, $count)->{ur_dump} };
}

my @functions = qw(ur_scope_add ur_scope_close ur_findings_log ur_tls_offer_open ur_monitor_open
  ur_dump ur_probe_handler);

for my $shape (sort keys %shapes) {
    my ($few, $many) = (costs($shape, FEW), costs($shape, FEW * TIMES));
    for my $function (@functions) {
        my ($less, $more) = map { $_->{$function} // 0 } $few, $many;
        cmp_ok $less, '>', 0, "$shape: $function was counted";
        cmp_ok $more, '<', $less * TIMES * 1.2, "$shape: $function grows with them, and not faster";
    }
    my $each = ($many->{ur_probe_handler} - $few->{ur_probe_handler}) / (FEW * TIMES - FEW);
    cmp_ok $each, '<', MOST_A_SECTION, "$shape: instructions a section";
    note sprintf '%s: %.0f instructions a section in a probe', $shape, $each;
}

done_testing;
