# What many sections cost: twice as many may cost twice as much, at start, in the dump and in a probe.
# Instructions are counted (callgrind), so that no clock and nobody else on the machine decides.
use strict;
use warnings;
use Test::More;
use FindBin;
use POSIX qw(WNOHANG);
use lib "$FindBin::Bin/lib";
use Server;
use Wait;

use constant FEW   => 200;
use constant TIMES => 5;

# A probe of 10,000 sections is to take 20 milliseconds at most, with three instructions a nanosecond.
use constant MOST_A_SECTION => 6000;

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

# A server that changes its user could not write what was counted.
my $user = $> == 0
  ? join ' ', 'setpriv', '--clear-groups', '--reuid=' . getpwnam(Apache::Test::vars('user')),
  '--regid=' . getgrnam(Apache::Test::vars('group'))
  : '';

sub counting {
    my ($server) = @_;
    my $file = "$server->{folder}/profile";
    return "$user valgrind -q --tool=callgrind --compress-strings=no --callgrind-out-file=$file";
}

# { function of ours that others call => instructions in it and in what it calls }
sub profile_of {
    my ($server) = @_;
    open my $profile, '<', "$server->{folder}/profile" or die "no profile: $!";
    my (%costs, $called);
    while (my $line = <$profile>) {
        if ($line =~ /^cfn=(.*)$/) { $called = $1 }
        elsif ($line =~ /^calls=/) {
            my ($cost) = <$profile> =~ /^\S+ (\d+)$/ or die "what is this: $line";
            $costs{$called} += $cost;
        }
    }
    return \%costs;
}

# What a server costs that starts, answers a probe and ends.
sub serve {
    my ($server, $shape, $policies) = @_;
    my $pid = fork // die $!;
    if (!$pid) {
        $ENV{UPGRADE_TEST_UNDER} = counting($server);
        open STDERR, '>', "$server->{folder}/stderr";
        exec $ENV{UPGRADE_TEST_HTTPD}, '-X', '-f', "$server->{folder}/httpd.conf" or die $!;
    }
    eventually(sub { $server->answers }) or die 'the server does not answer';
    my $answer = $server->ask('GET /probe?format=json HTTP/1.0');
    # More than once: the only process of a server may hear of it just before it waits for a connection.
    do { kill TERM => $pid; select undef, undef, undef, 0.1 } until waitpid $pid, WNOHANG;
    unlink "$server->{folder}/httpd.pid";
    my $reported = () = $answer->{body} =~ /"policy":/g;
    is $reported, $policies, "$shape: the probe reports each of its server's $policies policies";
    return profile_of($server);
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
    chmod 0777, $server->{folder};
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
