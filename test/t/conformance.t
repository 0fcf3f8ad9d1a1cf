# WebSocket frames of every kind, good and bad, sent to an echo server directly, and through the tunnels of
# threads and of the event MPM, whose frames are read on the way because the route has limits. What comes
# back is what the RFCs say, and through each tunnel the same bytes as directly, and the same end; and the
# log knows the code of the first Close, whatever came before it. The cases are in
# clients/conformance_cases.py. The server's answer depends on the client's bytes only, never on the pieces
# in which they come.
use strict;
use warnings;
use Test::More;
use FindBin;
use IPC::Open2;
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Tunnel qw(logged tunnels_of);
use Wire;

local $SIG{PIPE} = 'IGNORE';

needs('sans-io');

my %certificate = certificate();
my $pid = open2(my $out, my $in, '/usr/bin/python3', "$FindBin::Bin/backend/conforming.py",
    @certificate{qw(SSL_cert_file SSL_key_file)});
chomp(my ($port, $tls_port) = (scalar <$out>, scalar <$out>));

# Far more workers than the client has connections: a thread whose tunnel is over may not have got to run yet
# when the next clients come, and none of them may be refused (UR0025).
my $secure = free_port();
my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
@{[ workers(128) ]}
AsyncRequestWorkerFactor 100
LogFormat "%>s %q %{UPGRADE_TUNNEL}e %{UPGRADE_TUNNEL_CODE}e" tunnels
CustomLog access_log tunnels
UpgradeKeep WebSocket
UpgradeTunnelMessageMax 67108864
UpgradeTunnelPing 3600 to=both
UpgradeTunnelIdle 3600
ProxyPass /thread http://127.0.0.1:$port/
ProxyPass /event/tls https://127.0.0.1:$tls_port/
ProxyPass /event http://127.0.0.1:$port/
@{[ PROXY_TLS ]}
<Location /event>
UpgradeTunnel event
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
@{[ tls_host($secure) ]}
END

# What is direct comes first: the others are compared with it.
my %urls = (
    direct       => "ws://127.0.0.1:$port/",
    direct_tls   => "wss://127.0.0.1:$tls_port/",
    event_behind => "ws://127.0.0.1:$server->{port}/event/tls",
    map { ($_ => "ws://127.0.0.1:$server->{port}/$_", "${_}_tls" => "wss://127.0.0.1:$secure/$_") }
      qw(thread event),
);
my @ways = ('direct', grep { $_ ne 'direct' } sort keys %urls);

# mod_proxy's threads end only the TCP connection of a client with TLS.
my %end = (map({ ($_ => /_tls$/ ? 'close_notify' : 'FIN') } @ways), thread_tls => 'FIN');

# Where two strings of hexadecimal digits begin to differ, and what is there
sub difference {
    my ($one, $other) = @_;
    my $same = length(($one ^ $other) =~ /^(\0*)/ ? $1 : '') & ~1;
    my ($here, $there) = map { length $_ > $same ? substr $_, $same, 200 : 'the end' } $one, $other;
    return sprintf "%d bytes are the same, then directly\n  %s\nand here\n  %s", $same / 2, $here, $there;
}

open my $cases, '-|', '/usr/bin/python3', "$FindBin::Bin/clients/conformance.py", map { "$_=$urls{$_}" } @ways
  or die "python3: $!";
my (%direct, %ran, %faults, @log);
while (my $line = <$cases>) {
    chomp $line;
    my ($way, $case, $of, $code, $want, $got, $how, $bytes) = split /\t/, $line, -1;
    push @log, "101 ?$way.$of closed $code" if $way !~ /^direct/;
    $ran{$way}++;
    $direct{$case} = $bytes if $way eq 'direct';
    my @found = $got ne $want ? "came\n  $got\nfor\n  $want" : ();
    push @found, "the connection ends with $how, not with $end{$way}" if $how ne $end{$way};
    push @found, difference($direct{$case} // '', $bytes) if $bytes ne ($direct{$case} // '');
    push @{ $faults{$way} }, map { "$way: $case: $_" } @found;
}
ok close $cases, 'the client has run to its end';

my $number = keys %direct;
cmp_ok $number, '>=', 300, 'there are cases';
for my $way (@ways) {
    is $ran{$way}, $number, "$way: each case has run";
    my @found = @{ $faults{$way} || [] };
    ok !@found, "$way: right, and as directly: the same bytes, the same end";
    splice @found, 10, @found, @found - 10 . ' more' if @found > 10;
    diag $_ for @found;
}

chomp(my @logged = logged($server, scalar @log));
my (%expected, %found);
$expected{$_}++ for @log;
$found{$_}++ for @logged;
is_deeply \%found, \%expected, 'each is logged as closed, with the code of its first Close';
is_deeply tunnels_of($server)->{by}, { thread => 2 * $number, event => 3 * $number },
    'each was carried as it should be';
close $in;
waitpid $pid, 0;
is $?, 0, 'the echo server has found nothing that it cannot do';
unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;
