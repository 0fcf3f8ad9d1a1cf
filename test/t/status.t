# The counters: exact over reloads, and in every form.
use strict;
use warnings;
use Test::More;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my @modules = qw(authz_core alias dir status);
my $pages = "<Location /status>\nSetHandler upgrade-status\n</Location>\n<Location /server-status>\n"
    . "SetHandler server-status\n</Location>\n";

sub route {
    my ($path, @lines) = @_;
    return join "\n", "<Location /$path>", 'UpgradeRequire WebSocket', @lines, '</Location>', '';
}
sub numbers { my ($server) = @_; return json_of($server->ask('GET /status?format=json HTTP/1.1')) }

# How often, of what has these members
sub count {
    my ($list, %like) = @_;
    my $sum = 0;
    for my $row (@$list) {
        $sum += $row->{count} unless grep { $row->{$_} ne $like{$_} } keys %like;
    }
    return $sum;
}

# What is counted, and where
{
    my $server = Server->new(modules => \@modules)->configure($pages . route('dir', 'UpgradeName chat')
        . route('told', 'UpgradeMode announce')
        . route('excepted', 'UpgradeExcept true')
            . "<Location /secure>\nUpgradeRequire TLS\nUpgradeRedirect temporary\n"
            . "UpgradeExcept \"%{HTTP:X-Pass} == 'yes'\"\n</Location>\n"
        . "<Directory @{[ Apache::Test::vars('documentroot') ]}/htaccess>\nAllowOverride All\n</Directory>\n"
        . "<VirtualHost *:*>\nServerName localhost\n</VirtualHost>\n"
        . "<VirtualHost *:*>\nServerName other.test:8443\n" . route('other') . "</VirtualHost>\n")->start;
    my $before = numbers($server);
    $server->ask('GET /dir/ HTTP/1.1') for 1 .. 3;
    $server->ask('GET /dir/ HTTP/1.0') for 1 .. 2;
    $server->ask('GET /other HTTP/1.1', 'Host: other.test');
    $server->ask('GET /dir/ HTTP/1.1', handshake);
    $server->ask('GET /told HTTP/1.1', 'Upgrade: websocket');
    $server->ask('GET /excepted HTTP/1.1');
    $server->ask('GET /secure HTTP/1.1');
    $server->ask('GET /secure HTTP/1.1', 'X-Pass: yes');
    $server->ask('GET /htaccess/ HTTP/1.1');
    $server->ask('GET /endpoint HTTP/1.1');
    my $after = numbers($server);
    is count($after->{requests}) - count($before->{requests}), 14, 'every request, with the one that asks';
    is count($after->{requests}, http => '1.0', tls => 'none') - count($before->{requests}, http => '1.0'), 2,
        'by HTTP version';
    for my $case (
        [{ policy => 'chat', verdict => 'refuse', reason => 'websocket-missing' }, 5],
        [{ policy => '/other', server => 'other.test:8443', verdict => 'refuse' }, 1],
        [{ policy => '/told', verdict => 'announce', reason => 'websocket-stripped' }, 1],
        [{ policy => '/excepted', verdict => 'except', reason => 'websocket-missing' }, 1],
        [{ policy => '/secure', verdict => 'redirect', reason => 'tls-missing' }, 1],
        [{ policy => '/secure', verdict => 'except', reason => 'tls-missing' }, 1],
        [{ policy => '.htaccess' }, 1],
        [{ policy => 'chat', verdict => 'allow', reason => 'none' }, 1],
        [{ policy => '/secure', verdict => 'allow' }, 0],
        [{}, 12],
    ) {
        my ($like, $count) = @$case;
        is count($after->{decisions}, %$like), $count, join ' ', map { "$_=$like->{$_}" } sort keys %$like;
    }
    my ($chat) = grep { $_->{policy} eq 'chat' && $_->{verdict} eq 'refuse' } @{ $after->{decisions} };
    is_deeply $chat->{clients}, [{ http => '1.0', tls => 'none', count => 2 },
        { http => '1.1', tls => 'none', count => 3 }], 'by what clients speak';
    is $chat->{server}, 'localhost', 'a server without a port in its name';

    # Forms
    for my $case (
        ['', undef, 'text/html; charset=utf-8', qr/<h2>Who would break today/],
        ['', 'application/json', 'application/json', qr/^\{"now"/],
        ['', 'application/openmetrics-text;version=1.0.0',
            'application/openmetrics-text; version=1.0.0; charset=utf-8', qr/\n# EOF\n\z/],
        ['', 'text/plain;version=0.0.4', 'text/plain; version=0.0.4; charset=utf-8',
            qr/^# TYPE upgrade_required_requests_total counter$/m],
        ['?format=html', 'application/json', 'text/html; charset=utf-8', qr/<html/],
        ['?x=1&format=JSON', undef, 'application/json', qr/^\{"now"/],
        ['?format=openmetrics', undef, 'application/openmetrics-text; version=1.0.0; charset=utf-8',
            qr/# EOF/],
        ['?format=prometheus', undef, 'text/plain; version=0.0.4; charset=utf-8',
            qr/policy="chat",verdict="refuse",reason="websocket-missing"\} 5$/m],
    ) {
        my ($query, $accept, $type, $body) = @$case;
        my $answer = $server->ask("GET /status$query HTTP/1.1", $accept ? "Accept: $accept" : ());
        my $name = "'$query' " . ($accept // 'no Accept');
        is field($answer, 'Content-Type'), $type, "$name: type";
        like $answer->{body}, $body, "$name: body";
        is field($answer, 'Cache-Control'), 'no-store', "$name: not to be kept";
    }
    my $answer = $server->ask('GET /status?format=xml HTTP/1.1');
    is $answer->{status}, 400, 'an unknown form: status';
    is $answer->{body}, "format: must be one of html, json, openmetrics, prometheus\n",
        'an unknown form: what would be right';
    $answer = $server->ask('GET /status?format=%3Cb%3E HTTP/1.1');
    unlike $answer->{body}, qr/<b>|%3C/, 'an unknown form: not echoed';
    is $server->ask('POST /status HTTP/1.1', 'Content-Length: 0')->{status}, 405, 'POST';
    $answer = $server->ask('HEAD /status HTTP/1.1');
    is $answer->{status}, 200, 'HEAD: status';
    is $answer->{body}, '', 'HEAD: no body';

    # mod_status
    my $auto = $server->ask('GET /server-status?auto HTTP/1.1')->{body};
    my %auto = $auto =~ /^(Upgrade\w+): (\d+)$/mg;
    is_deeply [@auto{qw(UpgradeRefused UpgradeRedirected UpgradeAnnounced UpgradeExcepted)}], [7, 1, 1, 2],
        'mod_status, ?auto';
    cmp_ok $auto{UpgradeRequests}, '>', 20, 'mod_status, ?auto: requests';
    like $server->ask('GET /server-status HTTP/1.1')->{body},
        qr{<h2>Upgrade policies</h2>.*<dt>7 refused</dt>}s, 'mod_status, HTML';
    $server->stop;
}

# Exact over reloads that change the number of policies, under load
for my $mpm (qw(event worker prefork)) {
    my $server = Server->new(mpm => $mpm, modules => \@modules, restless => 1);
    $server->configure($pages . route('dir'))->start;
    my $before = numbers($server);
    my ($clients, $each) = (4, $ENV{UPGRADE_TEST_REQUESTS} || 1000);
    my @pipes;
    for my $client (1 .. $clients) {
        pipe my $reader, my $writer or die $!;
        if (!(my $pid = fork // die $!)) {
            my %got;
            $got{ $server->ask('GET ' . ($_ % 2 ? '/dir/' : '/endpoint') . ' HTTP/1.1',
                'Connection: close')->{status} }++ for 1 .. $each;
            print $writer join ' ', map { "$_=$got{$_}" } sort keys %got;
            close $writer;
            require POSIX;
            POSIX::_exit(0);
        }
        close $writer;
        push @pipes, $reader;
    }
    # More policies than fit where the first ones are counted, then fewer
    for my $policies (0, 40, 3, 100) {
        $server->configure($pages . join '', map({ route("p$_") } 1 .. $policies), route('dir'))->graceful;
    }
    my @results = map { my $pipe = $_; scalar <$pipe> } @pipes;
    is_deeply \@results, [map { '200=' . $each / 2 . ' 426=' . $each / 2 } 1 .. $clients],
        "$mpm: every request was answered";
    1 while waitpid(-1, 0) > 0;
    my $after = numbers($server);
    # Of the test's own version: at a reload httpd itself sends OPTIONS * over HTTP/1.0 to its children.
    my ($then, $now) = map { count($_->{requests}, http => '1.1') } $before, $after;
    is $now - $then, $clients * $each + 1,
        "$mpm: every request is counted, once";
    is count($after->{decisions}, policy => '/dir'), $clients * $each / 2,
        "$mpm: every refusal is counted, once";
    # A policy that is gone and comes back goes on from its number.
    $server->configure($pages)->graceful;
    $server->configure($pages . route('dir'))->graceful;
    # A child of the generation before may take another request, without the policy.
    for (my $refused = 0; $refused < 3;) { $refused++ if $server->ask('GET /dir/ HTTP/1.1')->{status} == 426 }
    is count(numbers($server)->{decisions}, policy => '/dir'), $clients * $each / 2 + 3,
        "$mpm: a policy keeps its numbers";
    # A full restart starts anew.
    $server->stop;
    $server->start;
    is count(numbers($server)->{decisions}), 0, "$mpm: a new server starts from nothing";
    $server->stop;
}

# A module that counts in another way: made from this one, with another word for a verdict.
{
    my $server = Server->new(modules => \@modules)->configure($pages . route('dir'))->start;
    $server->ask('GET /dir/ HTTP/1.1');
    my $other = "$server->{folder}/other.so";
    open my $in, '<:raw', Server::module() or die $!;
    open my $out, '>:raw', $other or die $!;
    print $out do { local $/; <$in> } =~ s/\0announce\0/\0announcx\0/gr;
    close $out;
    my $text = $server->{policy};
    $server->{policy} = 0;
    $server->configure("LoadModule upgrade_required_module $other\n$pages" . route('dir'))->graceful;
    like $server->log, qr/UR0010: .* counts differently from the previous one; all counters restart at 0/,
        'another layout is said';
    is count(numbers($server)->{decisions}), 0, 'another layout starts anew';
    $server->ask('GET /dir/ HTTP/1.1');
    is count(numbers($server)->{decisions}), 1, 'and counts';
    $server->stop;
}

# Out of shared memory: [smallest and largest mapping that fails, how many of them, what the log says]. The
# first is for the processes' tunnels; the one after these two is httpd's.
for my $case ([64, 600_000_000, 1,
    qr/UR0009: not enough shared memory for the counters: policies are enforced, but nothing is counted/,
    503],
    [600_000, 600_000_000, 100, qr/UR0009: .* but some are not counted/, 200]) {
    my ($least, $most, $times, $said, $status) = @$case;
    local @ENV{map { "UPGRADE_FAULT_$_" } qw(LEAST MOST TIMES)} = ($least, $most, $times);
    local $ENV{UPGRADE_PRELOAD} = Server::fault('no_memory');
    my $server = Server->new(modules => ['authz_core'])->configure($pages =~ s/<Location .server-status.*//sr
        . route('dir'))->start;
    is $server->ask('GET /dir/ HTTP/1.1')->{status}, 426,
        "out of memory from $least bytes: policies are enforced";
    like $server->log, $said, "out of memory from $least bytes: said";
    is $server->ask('GET /status HTTP/1.1')->{status}, $status, "out of memory from $least bytes: the page";
    $server->stop;
}

# A rate needs a zero to begin with: each policy that may have tunnels has its rows from the start.
{
    my $keep = 'UpgradeKeep WebSocket';
    my $if = "<If \"true\">\n$keep\n</If>";
    my @sections = (['/kept', $keep], ['/named', $keep, 'UpgradeName chat'], ['/none', 'UpgradeKeep none'],
        ['/both', 'UpgradeName both', 'UpgradeRequire WebSocket', $keep], ['/tls', 'UpgradeRequire TLS'],
        ['/outer', 'UpgradeName outer', $if], ['/over', 'UpgradeRequire WebSocket', $if]);
    my $text = join '', map { join "\n", "<Location $_->[0]>", @$_[1 .. $#$_], "</Location>\n" } @sections;
    my $host = "<VirtualHost *:*>\nServerName other.test:8443\nUpgradeName host\n"
        . "<Location /its>\n$keep\n</Location>\n</VirtualHost>\n";
    my $zeros = sub {
        my ($server) = @_;
        my $metrics = $server->ask('GET /status?format=openmetrics HTTP/1.1')->{body};
        my @rows = $metrics =~ /^upgrade_required_tunnels_opened_total\{(.*)\n/mg;
        for (@rows) { s/^server="(.*?)",policy="(.*?)",carrier="(.*?)"\} 0$/$1 $2 $3/ && s/^localhost\S* // }
        return [sort @rows];
    };
    my $server = Server->new(modules => [@modules, qw(proxy proxy_http)], helper => 1)
        ->configure($pages . $text . $host . route('demanded'))->start;
    my @policies = ('/kept', 'chat', 'outer', 'both', '/over', '/demanded', 'other.test:8443 host');
    my @rows = sort map { ("$_ event", "$_ thread") } @policies;
    is_deeply $zeros->($server), \@rows, 'zeros for each policy that may have tunnels, and no other';
    $server->graceful;
    is_deeply $zeros->($server), \@rows, 'and after a reload';
    $server->stop;
    $server = Server->new(modules => \@modules)->configure($pages . route('demanded'))->start;
    is_deeply $zeros->($server), [], 'none where nobody counts tunnels';
    $server->stop;
}

done_testing;
