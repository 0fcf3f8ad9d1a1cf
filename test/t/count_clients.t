# UpgradeCountClients: how many different clients do not meet a policy, which of them send most, and
# conf.d/monitoring/fleet.py, which merges what several servers have counted.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use IO::Socket::INET ();
use POSIX ();
use Ports;
use Server;
use Wire;

my @modules = qw(authz_core alias dir remoteip env);
my $remote  = "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n"
    . "<Location /status>\nUpgradeRequire none\nSetHandler upgrade-status\n</Location>\n";

sub status { my ($server) = @_; return json_of($server->ask('GET /status?format=json HTTP/1.1')) }

# { policy => what is counted of its clients }
sub counted {
    my ($server) = @_;
    return { map { ($_->{policy} => $_) } @{ status($server)->{clients} || [] } };
}

sub route { my ($path, @lines) = @_; return join "\n", "<Location /$path>", @lines, '</Location>', '' }

# What is counted, and under which policy
my $server  = Server->new(modules => \@modules);
my $folder  = Apache::Test::vars('documentroot');
my $socket  = 'UpgradeRequire WebSocket';
$server->configure($remote . "UpgradeCountClients on\nUpgradeFloor HTTP/1.1\n"
    . "UpgradeFloorExcept \"-R '127.0.0.1'\"\n"
    . route('refused', $socket)
    . route('announced', 'UpgradeRequire TLS', 'UpgradeMode announce')
    . route('redirected', 'UpgradeRequire TLS', 'UpgradeRedirect temporary')
    . route('excepted', $socket, 'UpgradeExcept true')
    . route('met',      'UpgradeRequire HTTP/1.1')
    . route('idle',     $socket, 'UpgradeMode off')
    . route('off',      $socket, 'UpgradeCountClients off')
    . route('document', $socket, 'ErrorDocument 426 /refused')
    . route('many',     $socket)
    . route('words',    $socket)
    . "<Directory $folder/htaccess>\nAllowOverride All\n</Directory>\n")->start;

is_deeply { map { ($_->{policy} => $_->{estimate}) } @{ status($server)->{clients} } },
    { map { ($_ => 0) } qw(floor /refused /announced /redirected /excepted /met /document /many /words) },
    'zeros from the start, where clients are counted';

# [the line of the request, the policy that has met one more client unmet]
for my $case (
    ['GET /refused HTTP/1.1',    '/refused'],
    ['GET /announced HTTP/1.1',  '/announced'],
    ['GET /redirected HTTP/1.1', '/redirected'],
    ['GET /excepted HTTP/1.1'],
    ['GET /met HTTP/1.1'],
    ['GET /idle HTTP/1.1'],
    ['GET /off HTTP/1.1'],
    ['GET /none HTTP/1.1'],
    ['GET /document HTTP/1.1',  '/document'],
    ['GET /met HTTP/1.0',       'floor'],
    ['GET /htaccess/ HTTP/1.1', '.htaccess'],
) {
    my ($line, $policy) = @$case;
    my $before = counted($server);
    $server->ask($line, 'X-Client: 192.0.2.1', 'User-Agent: curl/7.88.1');
    my $after = counted($server);
    my %more  = map {
        my ($row) = @{ $after->{$_}{largest} };
        my $old = $before->{$_} ? $before->{$_}{largest}[0]{requests} // 0 : 0;
        $row && $row->{requests} > $old ? ($_ => [$row->{requests} - $old, $after->{$_}{estimate}]) : ();
    } keys %$after;
    is_deeply \%more, $policy ? { $policy => [1, 1] } : {}, "$line: counts " . ($policy // 'nowhere');
}

# Clients: [address, whether it is a new one]
my $clients = 0;
for my $case (
    ['192.0.2.1',              1],
    ['192.0.2.1',              0],
    ['192.0.2.2',              1],
    ['::ffff:192.0.2.2',       0],
    ['2001:db8::1',            1],
    ['2001:db8::ffff:0:0:1',   0],
    ['2001:db8:0:1::1',        1],
    ['2001:db8:0:100::1',      1],
) {
    my ($address, $new) = @$case;
    $server->ask('GET /many HTTP/1.1', "X-Client: $address");
    $clients += $new;
    is counted($server)->{'/many'}{estimate}, $clients, "$address is " . ($new ? 'a new client' : 'known');
}
is_deeply counted($server)->{'/many'}{largest},
    [
    { network => '192.0.2.0/24',        product => '-', requests => 4 },
    { network => '2001:db8::/56',       product => '-', requests => 3 },
    { network => '2001:db8:0:100::/56', product => '-', requests => 1 },
    ],
    'networks are cut';
like $server->ask('GET /status?format=openmetrics HTTP/1.1')->{body},
    qr/^upgrade_required_policy_clients\{server="[^"]*",policy="\/many"\} $clients$/m, 'as a gauge';

# What a client calls itself: [User-Agent, the word]
for my $case (
    ['curl/7.88.1',                      'curl'],
    ['Mozilla/5.0 (X11; Linux x86_64)',  'Mozilla'],
    ['<script>alert(1)</script>',        '-'],
    ['a&b"<i>',                          'a&b'],
    ['very-long-product-name-of-a-client/1', 'very-long-product-name-o'],
    ["caf\xc3\xa9/1",                    'caf'],
) {
    my ($agent, $word) = @$case;
    my $requests = sub {
        my $counted = counted($server)->{'/words'} || {};
        my ($row) = grep { $_->{product} eq $word } @{ $counted->{largest} || [] };
        return $row ? $row->{requests} : 0;
    };
    my $before = $requests->();
    $server->ask('GET /words HTTP/1.1', 'X-Client: 192.0.2.1', "User-Agent: $agent");
    is $requests->() - $before, 1, "$agent: $word";
}
my $page = $server->ask('GET /status?format=html HTTP/1.1')->{body};
like $page, qr{<td>192\.0\.2\.0/24<td>a&amp;b<td class="n">1\n}, 'on the page, escaped';
unlike $page, qr{<script|<i>|very-long-product-name-of}, 'and nothing else of it';
unlike $server->ask('GET /status?format=prometheus HTTP/1.1')->{body}, qr/curl|Mozilla|192\.0\.2/,
    'nothing of this is in the metrics';

my $kept = counted($server);
$server->graceful;
is_deeply counted($server), $kept, 'a reload changes nothing';
$server->stop;

# A fleet

# The n-th client: addresses of both kinds, all of them different clients.
sub client {
    my ($n) = @_;
    return sprintf $n % 2 ? '198.18.%d.%d' : '2001:db8:%x:%x::1', $n >> 8, $n & 255;
}

use constant AT_ONCE => 500;

# Requests of these clients, many on their way at a time, on one connection.
sub send_all {
    my ($port, @clients) = @_;
    my $connection = connect_to($port);
    while (my @some = splice @clients, 0, AT_ONCE) {
        print $connection map { "HEAD /app HTTP/1.1\r\nHost: localhost\r\nX-Client: $_\r\n"
                . "User-Agent: Old/1\r\n\r\n" } @some;
        my $left = @some;
        while ($left) {
            my $line = <$connection> // die 'the server has closed the connection';
            $left-- if $line eq "\r\n";
        }
    }
    return;
}

# [first client, the one behind the last]: what each server sees overlaps with what the next one sees.
my @ranges = ([0, 4000], [3000, 7500], [6500, 10_000]);
my $truth  = 10_000;
my @fleet  = map { Server->new(modules => [@modules, 'ssl']) } @ranges;
my $conf   = "$FindBin::Bin/conf";
my %tls    = map { ($_ => free_port()) } @fleet;
for my $one (@fleet) {
    $one->configure($remote . "ServerName www.example.com\nMaxKeepAliveRequests 0\nUpgradeCountClients on\n"
        . route('app', $socket, 'UpgradeName app', 'UpgradeMode enforce from=2020-01-01T00:00:00Z')
        . route('quiet', $socket, 'UpgradeCountClients off')
        . route('probe', 'SetHandler upgrade-probe') . "Alias /files $one->{folder}/files\n"
        . "Listen 127.0.0.1:$tls{$one} https\n<VirtualHost 127.0.0.1:$tls{$one}>\nSSLEngine on\n"
        . "SSLCertificateFile $conf/server.crt\nSSLCertificateKeyFile $conf/server.key\n</VirtualHost>\n")
        ->start;
}
send_all($fleet[$_]{port}, map { client($_) } $ranges[$_][0] .. $ranges[$_][1] - 1) for 0 .. $#ranges;

# The same clients as those of the first server, sent to many children at a time.
{
    my $crowd = Server->new(modules => \@modules, mpm => 'prefork');
    $crowd->configure($remote . "StartServers 4\nMaxKeepAliveRequests 0\n"
        . route('app', $socket, 'UpgradeName app', 'UpgradeCountClients on'))->start;
    my @senders;
    for my $part (0 .. 3) {
        my $pid = fork // die $!;
        push @senders, $pid;
        next if $pid;
        send_all($crowd->{port}, map { client(($_ + 1000 * $part) % 4000) } 0 .. 3999);
        POSIX::_exit(0);
    }
    my @failed = grep { waitpid($_, 0); $? } @senders;
    my ($many, $one) = map { counted($_)->{app} } $crowd, $fleet[0];
    is "@failed", '', 'four at a time, each with all clients';
    is $many->{sketch}, $one->{sketch}, 'many children see what one sees, in whatever order';
    $crowd->stop;
}

# (exit status, what it prints, what it complains about)
sub fleet {
    my (@arguments) = @_;
    my $fleet = "/usr/bin/python3 $FindBin::Bin/conf.d/monitoring/fleet.py";
    open my $pipe, '-|', "$fleet @arguments 2>$fleet[0]{folder}/fleet.err" or die $!;
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return ($? >> 8, $output, $fleet[0]->file('fleet.err'));
}
sub url { return "http://127.0.0.1:$_[0]{port}/status" }

# The members of a policy's line
sub line_of {
    my ($output, $policy) = @_;
    my ($line) = $output =~ /^(\Q$policy\E .*)$/m or return {};
    my ($head) = $output =~ /^(policy +server .*clients)$/m or return {};
    $head =~ s/enforced from/date/;
    my %line;
    @line{ split ' ', $head } = split ' ', $line;
    return \%line;
}

my @own = map { counted($_)->{app}{estimate} } @fleet;
my ($exit, $output, $errors) = fleet(map { url($_) } @fleet);
my $line = line_of($output, 'app');
is $exit, 0, 'all servers have answered' or diag $errors;
is $errors, '', 'and nothing is missing';
is $line->{refuse}, 12_000, 'the requests of all of them';
is $line->{unmet}, '100.0%', 'all of them unmet';
is "$line->{phase} $line->{date}", 'enforce 2020-01-01T00:00:00Z', 'the phase and its date';
is line_of($output, '/quiet')->{clients}, '-', 'a policy whose clients nobody counts';
cmp_ok abs($line->{clients} - $truth), '<=', $truth / 20, "$line->{clients} clients of $truth, within 5 %";
for my $i (0 .. $#fleet) {
    my $seen = $ranges[$i][1] - $ranges[$i][0];
    cmp_ok abs($own[$i] - $seen), '<=', $seen / 10, "server $i: $own[$i] of $seen";
    my (undef, $alone) = fleet(url($fleet[$i]));
    is line_of($alone, 'app')->{clients}, $own[$i], "server $i: its estimate is the module's";
}
my (undef, $twice) = fleet(map { url($_) } @fleet, reverse @fleet);
is line_of($twice, 'app')->{clients}, $line->{clients}, 'the order does not matter';
like $output, qr/^app +www\.example\.com(?::\d+)? +\S+ +Old +\d+$/m, 'with those that send most';

# Over TLS
($exit, $output, $errors) =
    fleet("--cafile $conf/server.crt", map { "https://localhost:$tls{$_}/status" } @fleet);
is "$exit $errors", '0 ', 'over TLS';
is line_of($output, 'app')->{clients}, $line->{clients}, 'the same number';
($exit, $output, $errors) = fleet("https://localhost:$tls{$fleet[0]}/status");
is "$exit $output", '1 ', 'nobody is believed whose certificate is not known';
like $errors, qr/certificate/i, 'and that is said';

# What a server may answer instead: [what, its page or URL, what is said of it]
mkdir "$fleet[0]{folder}/files" or die $!;
my $good  = status($fleet[0]);
my $files = 0;

sub file {
    my ($text) = @_;
    my $name = 'files/' . ++$files . '.json';
    open my $file, '>', "$fleet[0]{folder}/$name" or die $!;
    print $file ref $text ? JSON::PP->new->utf8->encode($text) : $text;
    close $file or die $!;
    return "http://127.0.0.1:$fleet[0]{port}/$name";
}

# The page with these changes to what is said of the clients of app
sub with_clients { return { %$good, clients => [map { { %$_, @_ } } @{ $good->{clients} }] } }

my %bad = (
    'nobody listens'             => ['http://127.0.0.1:' . free_port() . '/status', 'refused'],
    'no such page'               => [url($fleet[0]) =~ s/status/none/r, '404'],
    'another page, JSON too'     => ["http://127.0.0.1:$fleet[0]{port}/probe", 'not an upgrade-status page'],
    'no JSON'                    => [file('<html>'), 'JSON'],
    'a list'                     => [file('[]'), 'not an upgrade-status page'],
    'a number instead of a list' => [file({ %$good, decisions => 7 }), 'not iterable'],
    'half a sketch'              => [file(with_clients(sketch => 'A' x 512)), 'another kind'],
    'no digits'                  => [file(with_clients(sketch => '!' x 1024)), 'not found'],
    'ranks that there are not'   => [file(with_clients(sketch => '/' x 1024)), 'another kind'],
);
($exit, $output, $errors) = fleet((map { $_->[0] } values %bad), map { url($_) } @fleet);
is $exit, 1, 'servers that give no usable response: the status says so';
for my $what (sort keys %bad) {
    my ($url, $said) = @{ $bad{$what} };
    like $errors, qr/^\Q$url\E\?format=json: .*\Q$said\E/m, "$what: which server, and why";
}
is scalar(() = $errors =~ /\n/g), keys %bad, 'and no more than that';
like $output, qr/^3 of ${\ (3 + keys %bad) } servers/, 'how many there are';
is line_of($output, 'app')->{clients}, $line->{clients}, 'the others are merged';

my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 5) or die $!;
($exit, $output, $errors) = fleet('--timeout 0.2', 'http://127.0.0.1:' . $silent->sockport . '/status');
is "$exit $output", '1 ', 'one that does not answer';
like $errors, qr/^http:\S+: .*timed out$/, 'is named after the time that it has';
like +(fleet('www.example.com/status'))[2], qr/not a URL such as https:/, 'no URL';

# A server that does not count clients, and one of another name
my %without = %$good;
delete $without{clients};
my $uncounted = file(\%without);
($exit, $output, $errors) = fleet($uncounted, map { url($_) } @fleet);
is line_of($output, 'app')->{clients}, "$line->{clients}+", 'a server that does not count';
is $exit, 0, 'has answered all the same';
like $errors, qr/^\Q$uncounted\E\?format=json: policy app .*: clients are not counted/m, 'and is named';

my $alone = (fleet($uncounted))[2];
is $alone, "no server counts clients (UpgradeCountClients)\n", 'nobody does';

my $other = file({ %{ with_clients(server => 'other.example.com') }, decisions => [], policies => [] });
($exit, $output) = fleet($other, url($fleet[0]), url($fleet[1]));
is scalar(() = $output =~ /^app +(?:\S+ +){3}(?:\d+ +){5}/mg), 2, 'two servers, two policies';
my (undef, $both) = fleet(url($fleet[0]), url($fleet[1]));
my ($number) = +(fleet('--by-name', $other, url($fleet[0]), url($fleet[1])))[1] =~ /^app .* (\d+)$/m;
is $number, line_of($both, 'app')->{clients}, 'by name they are one';

unlike +(fleet(file({ %{ with_clients(policy => "\e[31mred") } })))[1], qr/\e/, 'a terminal is left alone';

$server->stop for @fleet;
done_testing;
